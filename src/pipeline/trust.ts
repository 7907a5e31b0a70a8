/** Whose word counts for snaps: Canonical's root, and those the user added. */
import { CANONICAL_ROOT } from '../assertion/canonical-root.ts';
import { decodeStream } from '../assertion/decode-stream.ts';
import { joinRoots, trustRoots, type TrustRoots } from '../assertion/trust-roots.ts';
import type { Settings } from './settings.ts';

export const rootsOf = ({ snapTrust }: Pick<Settings, 'snapTrust'>): TrustRoots =>
  joinRoots(CANONICAL_ROOT, ...snapTrust.map(({ bytes }) => trustRoots(decodeStream(bytes))));
