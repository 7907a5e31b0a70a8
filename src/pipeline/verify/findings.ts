/** One line a file while its archive is judged: the first thing that is wrong with it stays. */
import type { FoundFile } from './digest-files.ts';
import { verifyCheck, type VerifyCheck, type VerifyStatus } from './report.ts';

export interface Findings {
  readonly files: ReadonlyMap<string, FoundFile>;
  readonly warnings: Set<string>;
  /** Says of a file that it holds, unless something is known against it. */
  accept(path: string, signer?: string): void;
  blame(path: string, status: VerifyStatus, details: { expected?: string; found?: string; signer?: string }): void;
  text(path: string): string | undefined;
  checks(): VerifyCheck[];
}

export function createFindings(files: ReadonlyMap<string, FoundFile>): Findings {
  const checks = new Map<string, VerifyCheck>();
  return {
    files,
    warnings: new Set(),
    accept(path, signer) {
      const before = checks.get(path);
      if (before === undefined || (before.status === 'ok' && signer !== undefined))
        checks.set(path, verifyCheck(path, 'ok', signer === undefined ? {} : { signer }));
    },
    blame(path, status, details) {
      const before = checks.get(path);
      if (before === undefined || before.status === 'ok') checks.set(path, verifyCheck(path, status, { signer: before?.signer ?? null, ...details }));
    },
    text: (path) => files.get(path)?.bytes?.toString('utf8'),
    checks: () => [...checks.values()].toSorted((a, b) => (a.path < b.path ? -1 : 1)),
  };
}
