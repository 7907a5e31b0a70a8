/** A stream of assertions as lines of the report: each with its signer, and by name what is missing beside it. Pure. */
import type { Assertion } from '../../assertion/assertion.ts';
import { type Chain, checkChain, type ChainOptions } from '../../assertion/check-chain.ts';
import { accountKeyRef, formatRef, prerequisites, refPath } from '../../assertion/reference.ts';
import type { TrustRoots } from '../../assertion/trust-roots.ts';
import { verifySignature } from '../../assertion/verify-signature.ts';
import { attempt, fail, pass } from '../../assertion/check.ts';
import { verifyCheck, type VerifyCheck, type VerifyStatus } from './report.ts';

export interface StreamVerdict {
  readonly checks: readonly VerifyCheck[];
  readonly chain: Chain;
}

/** Questions whose answer is about the bytes; all the others are about whom we trust. */
const ABOUT_BYTES = ['format', 'signature', 'content'];

/** `others` are looked in for keys and accounts; they are not judged themselves. */
export function checkStream(stream: readonly Assertion[], others: readonly Assertion[], options: ChainOptions): StreamVerdict {
  const { roots } = options;
  const ownRoots = stream.filter((assertion) => isRoot(assertion, roots));
  const rest = stream.filter((assertion) => !isRoot(assertion, roots));
  const chain = checkChain([...rest, ...others.filter((assertion) => !isRoot(assertion, roots))], options);
  const checks = [...ownRoots.map((assertion) => checkRoot(assertion, roots)), ...rest.map((assertion) => checkOne(assertion, chain))];
  return { checks: [...checks, ...missing(rest, [...stream, ...others], roots)], chain };
}

function isRoot({ type, key: [id = ''] }: Assertion, { keys, accounts }: TrustRoots): boolean {
  return type === 'account-key' ? keys.some((root) => root.id === id) : type === 'account' && accounts.includes(id);
}

/** A root vouches for itself, and it must be the very one that is trusted. */
function checkRoot(assertion: Assertion, { keys }: TrustRoots): VerifyCheck {
  const key = keys.find(({ id }) => id === assertion.signKeyId);
  const { ok, detail } =
    key === undefined || key.account !== assertion.authorityId
      ? fail('it has the name of a trusted root and is signed by another key')
      : attempt(() => {
          verifySignature(assertion, key.publicKey, formatRef(assertion));
          return pass(`${key.account}/${key.name ?? key.id} (trusted root)`);
        });
  return verifyCheck(formatRef(assertion), ok ? 'ok' : 'altered', ok ? { signer: detail } : { found: detail });
}

function checkOne(assertion: Assertion, { checks }: Chain): VerifyCheck {
  const path = formatRef(assertion);
  const own = checks.filter(({ of }) => of === path);
  const failed = own.find(({ ok }) => !ok);
  const named = own.find(({ what, ok }) => what === 'owner of the signing key' && ok)?.detail;
  const signer = named ?? `${assertion.authorityId}/${assertion.signKeyId}`;
  if (failed === undefined) return verifyCheck(path, 'ok', { signer });
  return verifyCheck(path, statusOf(failed.what), { found: `${failed.what}: ${failed.detail}`, signer });
}

const statusOf = (what: string): VerifyStatus => (ABOUT_BYTES.includes(what) ? 'altered' : 'untrusted');

/** Keys and accounts that the stream refers to, and that stand nowhere. */
function missing(stream: readonly Assertion[], known: readonly Assertion[], { keys, accounts }: TrustRoots): VerifyCheck[] {
  const present = new Set([...known.map(refPath), ...keys.map(({ id }) => `account-key/${id}`), ...accounts.map((id) => `account/${id}`)]);
  const absent = new Map<string, VerifyCheck>();
  for (const assertion of stream) {
    const needed = [accountKeyRef(assertion.signKeyId), ...safePrerequisites(assertion)];
    for (const ref of needed) {
      if (present.has(refPath(ref)) || absent.has(refPath(ref))) continue;
      const role = ref.type === 'account-key' ? `the key of "${assertion.authorityId}"` : 'what it refers to';
      absent.set(refPath(ref), verifyCheck(formatRef(ref), 'missing', { expected: `${role}, needed by ${formatRef(assertion)}` }));
    }
  }
  return [...absent.values()];
}

/** A header that names one may be malformed; then the chain has said so. */
function safePrerequisites(assertion: Assertion): ReturnType<typeof prerequisites> {
  let found: ReturnType<typeof prerequisites> = [];
  attempt(() => {
    found = prerequisites(assertion);
    return pass('');
  });
  return found;
}
