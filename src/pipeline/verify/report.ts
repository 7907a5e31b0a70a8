/** What verify answers: one line a thing, and whether all of it holds (design 5). */
export type VerifyStatus = 'ok' | 'missing' | 'altered' | 'extra' | 'untrusted';

export interface VerifyCheck {
  /** A file of the archive, or an assertion by its name. */
  readonly path: string;
  readonly status: VerifyStatus;
  /** Null where there is nothing to tell. */
  readonly expected: string | null;
  readonly found: string | null;
  /** Account and name of the key. */
  readonly signer: string | null;
}

export interface VerifyReport {
  readonly ok: boolean;
  readonly checks: readonly VerifyCheck[];
  /** What holds only in a way that a person should know of. */
  readonly warnings: readonly string[];
}

type Details = Partial<Pick<VerifyCheck, 'expected' | 'found' | 'signer'>>;

export const verifyCheck = (path: string, status: VerifyStatus, { expected = null, found = null, signer = null }: Details = {}): VerifyCheck => ({
  path,
  status,
  expected,
  found,
  signer,
});

export const verifyReport = (checks: readonly VerifyCheck[], warnings: readonly string[] = []): VerifyReport => ({
  ok: checks.every(({ status }) => status === 'ok'),
  checks,
  warnings,
});
