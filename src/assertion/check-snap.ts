/** Checks the facts of a .snap file against an accepted chain (facts/snap-store.md 3.9). */
import { DEFAULT_PROVENANCE } from './assertion.ts';
import { type Check, fail, pass, type Verdict } from './check.ts';
import type { Chain } from './check-chain.ts';
import { hexToDigest } from './names.ts';
import type { SnapDeclaration, SnapRevision } from './snap-assertions.ts';

export interface SnapFile {
  /** Lower-case hexadecimal of the whole file. */
  readonly sha3_384: string;
  readonly size: number;
}

/** What was asked for or written down; what is absent is not compared. */
export interface SnapExpectation {
  readonly name: string;
  readonly id?: string;
  readonly revision?: number;
  readonly publisherId?: string;
  /** Of its snap.yaml. */
  readonly provenance?: string;
}

export function checkSnap(file: SnapFile, chain: Pick<Chain, 'revisions' | 'declarations'>, wanted: SnapExpectation): Check[] {
  const candidates = chain.revisions.filter(({ sha3_384 }) => sha3_384 === file.sha3_384);
  // The same file may have been signed under several provenances.
  const revision = candidates.find(({ provenance }) => provenance === wanted.provenance) ?? candidates[0];
  const verdict = ([what, { ok, detail }]: readonly [string, Verdict]): Check => ({ what, of: `snap "${wanted.name}"`, ok, detail });
  if (revision === undefined) {
    return [verdict(['snap-revision', fail(`cannot find signatures with metadata for snap "${wanted.name}": ${hexToDigest(file.sha3_384)}`)])];
  }
  const declaration = chain.declarations.find(({ snapId }) => snapId === revision.snapId);
  const verdicts: (readonly [string, Verdict])[] = [
    ['snap-revision', pass(hexToDigest(file.sha3_384))],
    ['size', judgeSize(file, revision, wanted)],
    ['id and revision', judgeIdentity(revision, wanted)],
    ['name', judgeName(declaration, wanted)],
    ['publisher', judgePublisher(declaration, wanted)],
    ['provenance', judgeProvenance(revision, wanted)],
  ];
  return verdicts.map(verdict);
}

function judgeSize({ size }: SnapFile, revision: SnapRevision, { name }: SnapExpectation): Verdict {
  if (size === revision.size) return pass(`${size} bytes`);
  return fail(`snap "${name}" file does not have expected size according to signatures (download is broken or tampered): ${size} != ${revision.size}`);
}

function judgeIdentity({ snapId, revision }: SnapRevision, wanted: SnapExpectation): Verdict {
  const { name, id = snapId, revision: number = revision } = wanted;
  if (id === snapId && number === revision) return pass(`${snapId} revision ${revision}`);
  const found = `${number} / ${id} != ${revision} / ${snapId}`;
  return fail(`snap "${name}" does not have expected ID or revision according to assertions (metadata is broken or tampered): ${found}`);
}

function judgeName(declaration: SnapDeclaration | undefined, { name }: SnapExpectation): Verdict {
  if (declaration === undefined) return fail(`cannot find the snap-declaration of snap "${name}"`);
  if (declaration.snapName === '') return fail(`cannot install snap "${name}" with a revoked snap declaration`);
  return declaration.snapName === name ? pass(name) : fail(`cannot install "${name}", snap "${name}" is undergoing a rename to "${declaration.snapName}"`);
}

function judgeProvenance({ provenance }: SnapRevision, { name, provenance: wanted }: SnapExpectation): Verdict {
  if (wanted === undefined || wanted === provenance) return pass(provenance);
  return fail(`snap "${name}" has been signed under provenance "${provenance}" different from the metadata one: "${wanted}"`);
}

/** Top-level `provenance:` of a snap.yaml: one plain word, as snapd demands. */
export const provenanceOfYaml = (snapYaml: string): string =>
  /^provenance:[ \t]*["']?([A-Za-z0-9-]+)["']?[ \t]*(?:#.*)?$/m.exec(snapYaml)?.[1] ?? DEFAULT_PROVENANCE;

function judgePublisher(declaration: SnapDeclaration | undefined, { name, publisherId }: SnapExpectation): Verdict {
  const signed = declaration?.publisherId ?? '';
  return publisherId === undefined || publisherId === signed
    ? pass(signed)
    : fail(`snap "${name}" is published by ${signed} according to assertions, not by ${publisherId}`);
}
