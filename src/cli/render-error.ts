/** Facts → sentences: what happened, details, what to do. The one place where errors become words. */
import { isShrinkwrapError, type Code, type Facts, type Problem, type ShrinkwrapError } from '../domain/errors.ts';

export interface ErrorText {
  readonly message: string;
  readonly details?: readonly string[];
  readonly todo?: string;
}

type Renderer<C extends Code> = (facts: Facts[C]) => ErrorText;

const place = ({ file, line, column }: Problem): string => [file, line, column].filter((part) => part !== undefined).join(':');

const list = (items: readonly string[], limit = 20): string =>
  items.length <= limit ? items.join(', ') : `${items.slice(0, limit).join(', ')} and ${items.length - limit} more`;

const RENDERERS: { readonly [C in Code]: Renderer<C> } = {
  USAGE_BAD: ({ message, hint }) => ({ message, ...(hint !== undefined && { todo: hint }) }),
  INPUT_ABSENT: ({ path }) => ({ message: `there is no file ${path}` }),
  INPUT_MALFORMED: ({ what, text, wanted }) => ({ message: `${what} ${JSON.stringify(text)} is malformed`, details: [`wanted ${wanted}`] }),
  INPUT_INVALID: ({ what, problems }) => ({
    message: `${what} is invalid: ${problems.length} ${problems.length === 1 ? 'problem' : 'problems'}`,
    details: problems.map((problem) => `${place(problem)}${place(problem) === '' ? '' : ': '}${problem.message}`),
  }),
  UPSTREAM_NOT_FOUND: ({ what, name, where, exists }) => ({
    message: `there is no ${what} ${name} at ${where}`,
    ...(exists.length > 0 && { details: [`what exists: ${list(exists)}`] }),
  }),
  UPSTREAM_ANSWER: ({ url, path, wanted, found }) => ({
    message: `the answer of ${url} is not what its protocol says`,
    details: [`${path}: wanted ${wanted}, found ${found}`],
  }),
  NETWORK_UNREACHABLE: ({ host, proxy, tries, reason }) => ({
    message: `cannot reach ${host}`,
    details: [`${reason}, after ${tries} ${tries === 1 ? 'try' : 'tries'}`, proxy === undefined ? 'no proxy is set for it' : `through the proxy ${proxy}`],
    todo: 'check HTTPS_PROXY and NO_PROXY, --ca-file, and the address',
  }),
  NETWORK_STATUS: ({ url, status, tries, detail }) => ({
    message: `${url} answered ${status}`,
    details: [`${detail}${detail === '' ? '' : ', '}after ${tries} ${tries === 1 ? 'try' : 'tries'}`],
  }),
  NETWORK_DENIED: ({ url, status, detail }) => ({ message: `${url} refused: ${status}`, ...(detail !== '' && { details: [detail] }) }),
  INTEGRITY_MISMATCH: ({ what, field, wanted, found }) => ({
    message: `${what} is not what it should be: its ${field} differs`,
    details: [`wanted ${wanted}`, `found  ${found}`],
    todo: 'nothing was kept under a final name; run again, and suspect a mirror or proxy when it stays',
  }),
  INTEGRITY_SNAP: ({ snap, question, of, found }) => ({
    message: `snap ${snap} cannot be trusted: ${question} of ${of}`,
    details: [found],
    todo:
      question === 'signing key'
        ? '--snap-trust FILE adds the root of a brand store; without one suspect the store or mirror that was asked'
        : 'no archive was written; run again, and suspect a mirror or proxy when it stays',
  }),
  LOCAL_DISK: ({ path, reason }) => ({ message: `cannot write ${path}: ${reason}`, todo: 'choose another place with --output, --cache-dir or --use-path' }),
  LOCAL_TOOL: ({ tool, need }) => ({ message: `${tool} is not on this machine`, details: [need] }),
  PARTIAL_FAILED: ({ failed }) => ({
    message: `${failed.length} ${failed.length === 1 ? 'thing' : 'things'} could not be fetched; no archive was written`,
    details: failed.map(({ what, error }) => `${what}: ${isShrinkwrapError(error) ? renderError(error).message : error.message}`),
  }),
  INTERRUPTED: () => ({ message: 'interrupted; nothing is half-written, and the same command resumes' }),
};

export function renderError<C extends Code>(error: ShrinkwrapError<C>): ErrorText {
  return RENDERERS[error.code](error.facts);
}

/** Problems of an input with their places, for --json; one for every other error. */
export function problemsOf(error: ShrinkwrapError): readonly Problem[] {
  return 'problems' in error.facts ? error.facts.problems : (renderError(error).details ?? []).map((message) => ({ code: error.code, message }));
}
