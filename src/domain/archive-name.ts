/** Names of the archive and of the files in it (docs/archive-format.md). */
import { DEFAULT_ARCH, type Arch } from './arch.ts';
import type { Plan } from './plan.ts';

/** Any text as part of a file name that every file system takes. */
export const fileNamePart = (text: string): string => text.replace(/[^A-Za-z0-9._-]/g, '_').replace(/^\.+/, '_');

/** `_arm64`; empty for amd64, which names leave out. */
export const archSuffix = (arch: Arch | undefined): string => (arch === undefined || arch === DEFAULT_ARCH ? '' : `_${arch}`);

/** `NAME-TRACK`: the top directory, and the folder below build/. */
export const topDirectory = ({ name, track }: Plan['archive']): string => `${fileNamePart(name)}-${fileNamePart(track)}`;

/** `TRACK-RISK[-BRANCH][-ARCH[+ARCH]]-YYYY-MM-DD.tar.gz`, the date in UTC. */
export function archiveFileName({ track, risk, branch }: Plan['archive'], archs: readonly Arch[], date: Date): string {
  const arch = archs.length === 1 && archs[0] === DEFAULT_ARCH ? [] : [archs.join('+')];
  const parts = [track, risk, ...(branch === undefined ? [] : [branch]), ...arch];
  return `${parts.map((part) => part.split('+').map(fileNamePart).join('+')).join('-')}-${date.toISOString().slice(0, 10)}.tar.gz`;
}
