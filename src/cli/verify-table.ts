/** The report of verify for a person: every line but the untroubled files of an archive. Pure. */
import type { VerifyReport } from '../pipeline/verify/report.ts';

const WIDTH = 10;

export function verifyTable({ ok, checks, warnings }: VerifyReport, showAll: boolean): string {
  const lines = checks
    .filter(({ status }) => showAll || status !== 'ok')
    .flatMap(({ path, status, expected, found, signer }) => {
      if (status === 'ok') return [`${status.padEnd(WIDTH)}${path}${signer === null ? '' : `  signed by ${signer}`}`];
      const details = [
        ...(expected === null ? [] : [`expected ${expected}`]),
        ...(found === null ? [] : [`found    ${found}`]),
        ...(signer === null || status === 'missing' ? [] : [`signer   ${signer}`]),
      ];
      return [`${status.padEnd(WIDTH)}${path}`, ...details.map((detail) => `${' '.repeat(WIDTH)}${detail}`)];
    });
  const bad = checks.filter(({ status }) => status !== 'ok').length;
  const verdict = ok ? `verified: ${checks.length} ${checks.length === 1 ? 'check' : 'checks'}` : `not verified: ${bad} of ${checks.length} do not hold`;
  return [...lines, ...warnings.map((warning) => `warning: ${warning}`), verdict]
    .map((line) => `${line.replaceAll(/[\u0000-\u001f\u007f-\u009f]/g, '?')}\n`)
    .join('');
}
