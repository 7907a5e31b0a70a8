/** Whose word counts for snaps: Canonical's root, and those the user added. */
import { CANONICAL_ROOT } from '../assertion/canonical-root.ts';
import { isAssertionType, MAX_FORMAT, type MaxFormat } from '../assertion/assertion.ts';
import type { ChainOptions } from '../assertion/check-chain.ts';
import { decodeStream } from '../assertion/decode-stream.ts';
import { joinRoots, trustRoots, type TrustRoots } from '../assertion/trust-roots.ts';
import type { Settings } from './settings.ts';

export const rootsOf = ({ snapTrust }: Pick<Settings, 'snapTrust'>): TrustRoots =>
  joinRoots(CANONICAL_ROOT, ...snapTrust.map(({ bytes }) => trustRoots(decodeStream(bytes))));

export const maxFormatOf = ({ maxFormat }: Pick<Settings, 'maxFormat'>): MaxFormat => ({ ...MAX_FORMAT, ...maxFormat });

/** How chains are judged in this run. */
export const chainOptionsOf = (settings: Pick<Settings, 'snapTrust' | 'maxFormat' | 'now'>): ChainOptions => ({
  roots: rootsOf(settings),
  now: settings.now,
  maxFormat: maxFormatOf(settings),
});

/** `TYPE=N`; undefined for anything else. */
export function parseMaxFormat(text: string): MaxFormat | undefined {
  const [, type = '', format = ''] = /^([a-z-]+)=(\d{1,4})$/.exec(text) ?? [];
  return isAssertionType(type) ? { [type]: Number(format) } : undefined;
}
