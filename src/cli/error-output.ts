/** An error as lines for people, and as the one JSON document of --json. */
import { canonicalJson } from '../domain/canonical-json.ts';
import { isShrinkwrapError } from '../domain/errors.ts';
import { problemsOf, renderError } from './render-error.ts';

const BUG = 'this is a bug of shrinkwrap; please report it with the output of --debug';

export function errorLines(error: unknown, debug: boolean): string {
  const stack = debug && error instanceof Error ? `${error.stack ?? ''}${error.cause instanceof Error ? `\ncaused by ${error.cause.stack ?? ''}` : ''}\n` : '';
  if (!isShrinkwrapError(error)) return `error: ${error instanceof Error ? error.message : String(error)}\n  ${BUG}\n${stack}`;
  const { message, details = [], todo } = renderError(error);
  return `${[`error: ${message}`, ...details.map((line) => `  ${line}`), ...(todo === undefined ? [] : [`  ${todo}`])].join('\n')}\n${stack}`;
}

export function errorDocument(error: unknown): string {
  if (!isShrinkwrapError(error))
    return canonicalJson({ error: { code: 'BUG', message: error instanceof Error ? error.message : String(error), problems: [] } });
  return canonicalJson({ error: { code: error.code, message: renderError(error).message, problems: problemsOf(error) } });
}
