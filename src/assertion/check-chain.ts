/** Checks a stream up to the trusted roots: snap-revision -> snap-declaration -> account -> account-key -> root (facts/snap-store.md 3.8). */
import { accountKey, type AccountKey } from './account-key.ts';
import { type Assertion, MAX_FORMAT, type MaxFormat } from './assertion.ts';
import { type RuleContext, RULES } from './chain-rules.ts';
import { attempt, type Check, fail, pass, type Verdict } from './check.ts';
import { accountRef, formatRef, prerequisites, refPath, snapDeclarationRef } from './reference.ts';
import { readSnapDeclaration, readSnapRevision, type SnapDeclaration, type SnapRevision } from './snap-assertions.ts';
import type { TrustRoots } from './trust-roots.ts';

export interface ChainOptions {
  readonly roots: TrustRoots;
  readonly now: Date;
  /** Newest formats that the far side understands. */
  readonly maxFormat?: MaxFormat;
}

export interface Chain {
  /** Everything was accepted and a snap-revision was among it. */
  readonly ok: boolean;
  readonly checks: readonly Check[];
  /** The accepted ones only. */
  readonly revisions: readonly SnapRevision[];
  readonly declarations: readonly SnapDeclaration[];
  /** Ids of the root keys on which the accepted ones rest, sorted. */
  readonly roots: readonly string[];
}

interface KnownKey {
  readonly key: AccountKey;
  readonly root: string;
}

/** What has been accepted so far. */
interface Accepted {
  readonly keys: Map<string, KnownKey>;
  readonly keyNames: Map<string, string>;
  /** By path; of two revisions of one assertion the newer. */
  readonly assertions: Map<string, Assertion | undefined>;
  readonly roots: Set<string>;
}

/** The order of the stream does not matter: an assertion waits until its signing key and its prerequisites have been accepted. */
export function checkChain(stream: readonly Assertion[], options: ChainOptions): Chain {
  const accepted = startFrom(options.roots);
  const checks: Check[] = [];
  let waiting = stream;
  for (let before = -1; waiting.length !== before && waiting.length > 0;) {
    before = waiting.length;
    waiting = waiting.filter((assertion) => !settle(assertion, accepted, options, checks));
  }
  checks.push(...waiting.map((assertion) => explainWaiting(assertion, accepted)));
  const found = [...accepted.assertions.values()].filter((assertion) => assertion !== undefined);
  const revisions = found.filter(({ type }) => type === 'snap-revision').map(readSnapRevision);
  if (revisions.length === 0) checks.push({ what: 'snap-revision', of: 'the stream', ok: false, detail: 'no valid snap-revision in it' });
  return {
    ok: checks.every(({ ok }) => ok),
    checks,
    revisions,
    declarations: found.filter(({ type }) => type === 'snap-declaration').map(readSnapDeclaration),
    roots: [...accepted.roots].toSorted(),
  };
}

function startFrom({ keys, accounts }: TrustRoots): Accepted {
  return {
    keys: new Map(keys.map((key) => [key.id, { key, root: key.id }])),
    keyNames: new Map(keys.flatMap(({ account, name, id }) => (name === undefined ? [] : [[`${account}/${name}`, id]]))),
    assertions: new Map(accounts.map((id) => [refPath(accountRef(id)), undefined])),
    roots: new Set(),
  };
}

/** False: its time has not come. True: it was judged, for better or worse. */
function settle(assertion: Assertion, accepted: Accepted, { roots, now, maxFormat = MAX_FORMAT }: ChainOptions, checks: Check[]): boolean {
  const signer = accepted.keys.get(assertion.signKeyId);
  if (signer === undefined || !judgePrerequisites(assertion, accepted).ok) return false;
  const declarationOf = (snapId: string): SnapDeclaration | undefined => {
    const declaration = accepted.assertions.get(refPath(snapDeclarationRef(snapId)));
    return declaration === undefined ? undefined : readSnapDeclaration(declaration);
  };
  const verdicts = judge({ assertion, key: signer.key, roots, now: now.getTime(), maxFormat, keyNames: accepted.keyNames, declarationOf });
  checks.push(...verdicts);
  if (verdicts.every(({ ok }) => ok)) accept(assertion, signer.root, accepted);
  return true;
}

/** Up to the first rule that is broken: the later ones may rely on it. */
function judge(context: RuleContext): Check[] {
  const checks: Check[] = [];
  for (const { what, judge: ask } of RULES) {
    const verdict = ask(context);
    checks.push({ what, of: formatRef(context.assertion), ...verdict });
    if (!verdict.ok) break;
  }
  return checks;
}

function accept(assertion: Assertion, root: string, accepted: Accepted): void {
  const path = refPath(assertion);
  const before = accepted.assertions.get(path);
  accepted.roots.add(root);
  if (before !== undefined && before.revision >= assertion.revision) return;
  accepted.assertions.set(path, assertion);
  if (assertion.type !== 'account-key') return;
  const key = accountKey(assertion);
  accepted.keys.set(key.id, { key, root });
  if (key.name !== undefined) accepted.keyNames.set(`${key.account}/${key.name}`, key.id);
}

/** A header that names a prerequisite may be missing itself. */
function judgePrerequisites(assertion: Assertion, accepted: Accepted): Verdict {
  return attempt(() => {
    const missing = prerequisites(assertion).filter((ref) => !accepted.assertions.has(refPath(ref)));
    return missing.length === 0 ? pass('present') : fail(`missing or not valid: ${missing.map(formatRef).join(', ')}`);
  });
}

function explainWaiting(assertion: Assertion, accepted: Accepted): Check {
  const of = formatRef(assertion);
  if (accepted.keys.has(assertion.signKeyId)) return { what: 'prerequisites', of, ...judgePrerequisites(assertion, accepted) };
  return { what: 'signing key', of, ...fail(`no matching public key "${assertion.signKeyId}" for signature by "${assertion.authorityId}"`) };
}
