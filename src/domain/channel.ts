/** Channels: TRACK/RISK[/BRANCH], the grammar of snapd and Charmhub (facts/snap-store.md 2.1). */
import { ShrinkwrapError } from './errors.ts';

export const RISKS = ['stable', 'candidate', 'beta', 'edge'] as const;
export type Risk = (typeof RISKS)[number];

export interface Channel {
  readonly track: string;
  readonly risk: Risk;
  readonly branch?: string;
}

const isRisk = (text: string): text is Risk => (RISKS as readonly string[]).includes(text);

/**
 * One part is a risk, else a track; two are RISK/BRANCH when the first is a risk, else TRACK/RISK.
 * `stable` → latest/stable · `1.32` → 1.32/stable · `edge/fix` → latest/edge/fix · `1.32-classic/stable` stays.
 */
export function parseChannel(text: string): Channel {
  const refuse = (wanted: string): never => {
    throw new ShrinkwrapError('INPUT_MALFORMED', { what: 'channel', text, wanted });
  };
  const parts = text.split('/');
  if (parts.some((part) => !/^[A-Za-z0-9](?:[A-Za-z0-9._+-]*[A-Za-z0-9])?$/.test(part)) || parts.length > 3) return refuse('TRACK/RISK[/BRANCH]');
  const [first = '', second, third] = parts;
  if (second === undefined) return isRisk(first) ? { track: 'latest', risk: first } : { track: first, risk: 'stable' };
  if (third === undefined && isRisk(first)) return { track: 'latest', risk: first, branch: second };
  if (!isRisk(second)) return refuse(`a risk out of ${RISKS.join(', ')}`);
  return third === undefined ? { track: first, risk: second } : { track: first, risk: second, branch: third };
}

/** The full name, `latest/stable` included. */
export const formatChannel = ({ track, risk, branch }: Channel): string => [track, risk, ...(branch === undefined ? [] : [branch])].join('/');
