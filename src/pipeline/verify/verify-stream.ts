/** `verify FILE.assert [--snap FILE.snap] [--assert FILE]…`: a stream, and when given the snap that it speaks of. */
import { basename } from 'node:path';
import type { Assertion } from '../../assertion/assertion.ts';
import type { Chain, ChainOptions } from '../../assertion/check-chain.ts';
import { checkSnap } from '../../assertion/check-snap.ts';
import { decodeStream } from '../../assertion/decode-stream.ts';
import { isShrinkwrapError } from '../../domain/errors.ts';
import { readInput } from '../read-input.ts';
import { hashFile } from './hash-file.ts';
import { verifyCheck, type VerifyCheck, verifyReport, type VerifyReport } from './report.ts';
import { checkStream } from './stream-checks.ts';

/** Bytes; a snap's own stream has some thousands. */
const STREAM_LIMIT = 64 * 1024 * 1024;

export interface StreamInput {
  readonly file: string;
  readonly snap?: string;
  /** Streams in which keys and accounts may stand. */
  readonly others: readonly string[];
}

export async function verifyStream({ file, snap, others }: StreamInput, options: ChainOptions, signal: AbortSignal): Promise<VerifyReport> {
  const streams = await Promise.all([file, ...others].map(async (path) => ({ path, bytes: await readInput(path, STREAM_LIMIT) })));
  const decoded = streams.map(({ path, bytes }) => tryDecode(path, bytes));
  const broken = decoded.flatMap((result) => ('broken' in result ? [result.broken] : []));
  const [own = [], ...more] = decoded.map((result) => ('assertions' in result ? result.assertions : []));
  if (broken.length > 0) return verifyReport(broken);
  if (own.length === 0) return verifyReport([verifyCheck(file, 'missing', { expected: 'at least one assertion', found: 'an empty file' })]);
  const { checks, chain } = checkStream(own, more.flat(), options);
  return verifyReport(snap === undefined ? checks : [...checks, await checkSnapFile(snap, chain, signal)]);
}

/** A file that is no stream of assertions is a finding, not a failure. */
export function tryDecode(path: string, bytes: Buffer): { readonly assertions: readonly Assertion[] } | { readonly broken: VerifyCheck } {
  try {
    return { assertions: decodeStream(bytes) };
  } catch (error) {
    if (!isShrinkwrapError(error) || error.code !== 'INTEGRITY_MISMATCH' || !('found' in error.facts) || !('field' in error.facts)) throw error;
    return { broken: verifyCheck(path, 'altered', { expected: error.facts.wanted, found: `${error.facts.what}: ${error.facts.found}` }) };
  }
}

/** The name is the one that the declaration gives; a file's own name says nothing. */
async function checkSnapFile(path: string, chain: Chain, signal: AbortSignal): Promise<VerifyCheck> {
  const { size, hex } = await hashFile(path, ['sha3-384'], signal);
  const sha3_384 = hex['sha3-384'] ?? '';
  const revision = chain.revisions.find((candidate) => candidate.sha3_384 === sha3_384);
  const declaration = chain.declarations.find(({ snapId }) => snapId === revision?.snapId);
  const name = declaration === undefined || declaration.snapName === '' ? basename(path) : declaration.snapName;
  const failed = checkSnap({ sha3_384, size }, chain, { name }).find(({ ok }) => !ok);
  const signer = revision?.authorityId ?? null;
  if (failed === undefined)
    return verifyCheck(path, 'ok', { expected: `sha3-384 ${sha3_384}`, found: `snap ${name} revision ${revision?.revision ?? 0}`, signer });
  return verifyCheck(path, revision === undefined || failed.what === 'size' ? 'altered' : 'untrusted', { found: `${failed.what}: ${failed.detail}`, signer });
}
