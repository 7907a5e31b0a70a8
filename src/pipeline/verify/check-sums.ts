/** SHA256SUMS against the files: changed, gone, or put there by nobody. */
import type { Findings } from './findings.ts';

const SUMS = 'SHA256SUMS';
/** What deploy.sh itself writes into an unpacked archive, and the archive where it was unpacked beside itself (kit/check.sh has the same list). */
const MADE_AT_THE_SITE =
  /^(?:overlays\/registry\.yaml|(?:model-config|add-model|bootstrap-defaults)\.yaml|\.state\/.*|logs\/.*|[^/]+\.log|[^/]+-\d{4}-\d\d-\d\d\.tar\.gz)$/;

export function checkSums(findings: Findings, isUnpacked: boolean): void {
  const { files, blame, accept } = findings;
  const text = findings.text(SUMS);
  if (text === undefined) return blame(SUMS, 'missing', { expected: 'the sums of every file' });
  const sums = parseSums(text);
  if (sums === undefined) blame(SUMS, 'altered', { expected: 'lines of 64 hex digits, two spaces and a path, each path once' });
  else accept(SUMS);
  for (const [path, expected] of sums ?? []) {
    const file = files.get(path);
    if (file === undefined) blame(path, 'missing', { expected: `sha256 ${expected}` });
    else if (!file.isFile) blame(path, 'altered', { expected: 'a file', found: 'something else of that name' });
    else if (file.digests['sha256'] !== expected) blame(path, 'altered', { expected: `sha256 ${expected}`, found: `sha256 ${file.digests['sha256'] ?? ''}` });
    else accept(path);
  }
  for (const { path, isFile } of files.values()) {
    if (path === SUMS || sums?.has(path) === true) continue;
    if (isUnpacked && isFile && MADE_AT_THE_SITE.test(path)) continue;
    blame(path, 'extra', { found: isFile ? 'a file that is not in SHA256SUMS' : 'a link or device; an archive has none' });
  }
}

function parseSums(text: string): Map<string, string> | undefined {
  const sums = new Map<string, string>();
  for (const line of text.split('\n').slice(0, -1)) {
    const [, hex, path] = /^([0-9a-f]{64}) {2}(.+)$/.exec(line) ?? [];
    if (hex === undefined || path === undefined || sums.has(path)) return undefined;
    sums.set(path, hex);
  }
  return text.endsWith('\n') ? sums : undefined;
}
