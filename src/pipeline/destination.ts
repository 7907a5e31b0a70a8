/** Where what was packed goes. */
import { join } from 'node:path';
import type { ArchiveResult } from '../assemble/archive-sink.ts';
import { archiveFileName, topDirectory } from '../domain/archive-name.ts';
import type { Plan } from '../domain/plan.ts';

export interface Destination {
  /** A FILE, or a DIR ending in `/`; absent: build/NAME-TRACK/…. */
  readonly output?: string;
  /** The unpacked tree that is kept. */
  readonly usePath?: string;
  /** No archive; the tree is the result. */
  readonly skipArchive: boolean;
  readonly compression: number;
  /** The result says the SHA-256 of the archive. */
  readonly hashed: boolean;
}

export type Packed = { readonly path: string } & Partial<ArchiveResult>;

/** Where the archive of a plan goes. */
export function archivePath({ archive, request }: Plan, date: Date, output: string | undefined): string {
  const file = archiveFileName(archive, request.archs, date);
  if (output === undefined) return join('build', topDirectory(archive), file);
  return output.endsWith('/') ? join(output, file) : output;
}
