/** `verify PATH`: an archive, packed or unpacked, read once from end to end (design 5, 8). */
import { isShrinkwrapError } from '../../domain/errors.ts';
import type { Report } from '../../domain/events.ts';
import { type ArchivedFile, isDirectory, packedFiles, unpackedFiles } from '../../store/archived-files.ts';
import { checkImages } from './check-images.ts';
import { checkIndexes } from './check-indexes.ts';
import { checkManifest } from './check-manifest.ts';
import { checkSnaps, type SnapTrust } from './check-snaps.ts';
import { checkSums } from './check-sums.ts';
import { digestFile, type FoundFile } from './digest-files.ts';
import { createFindings } from './findings.ts';
import { verifyReport, type VerifyReport } from './report.ts';

export interface ArchiveRun {
  readonly signal: AbortSignal;
  readonly report: Report;
}

export async function verifyArchive(path: string, trust: SnapTrust, { signal, report }: ArchiveRun): Promise<VerifyReport> {
  const isUnpacked = await isDirectory(path);
  report({ type: 'stage', stage: 'verify', state: 'start', detail: path });
  const files = new Map<string, FoundFile>();
  const findings = createFindings(files);
  const twice = await readAll(isUnpacked ? unpackedFiles(path) : packedFiles(path, signal), files, { signal, report });
  if (twice instanceof Error) findings.blame(path, 'altered', { expected: 'a whole archive', found: twice.message });
  else if (twice !== undefined) findings.blame(twice, 'extra', { found: 'a second file of this name' });
  checkSums(findings, isUnpacked);
  const artifacts = checkManifest(findings);
  checkSnaps(artifacts, findings, trust);
  checkImages(artifacts, findings);
  checkIndexes(artifacts, findings);
  report({ type: 'stage', stage: 'verify', state: 'done', detail: `${files.size} files` });
  return verifyReport(findings.checks(), [...findings.warnings]);
}

/** A name that came twice, or the way in which the archive breaks off. */
async function readAll(
  source: AsyncIterable<ArchivedFile>,
  files: Map<string, FoundFile>,
  { signal, report }: ArchiveRun,
): Promise<string | Error | undefined> {
  let twice: string | undefined;
  try {
    for await (const file of source) {
      signal.throwIfAborted();
      report({ type: 'item', stage: 'verify', item: file.path, state: 'start', of: file.size });
      const found = await digestFile(file, signal);
      if (files.has(found.path)) twice ??= found.path;
      files.set(found.path, found);
      report({ type: 'item', stage: 'verify', item: file.path, state: 'done', of: file.size });
    }
  } catch (error) {
    if (signal.aborted || !isShrinkwrapError(error) || error.code !== 'INPUT_MALFORMED' || !('text' in error.facts)) throw error;
    return new Error(error.facts.text);
  }
  return twice;
}
