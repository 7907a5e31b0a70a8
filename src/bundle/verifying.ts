/** What every part of the verification works with. */
import { parseBase, seriesOfBase } from '../domain/base.ts';
import type { Problem } from '../domain/errors.ts';
import type { Application, Bundle } from './bundle.ts';
import { asksForImage, checkConstraints } from './constraints.ts';
import type { Path, Places } from './places.ts';

export interface Verifying {
  readonly bundle: Bundle;
  readonly places: Places;
  /** The base on its own, where fields that belong into overlays are refused. */
  readonly alone: boolean;
  readonly problems: Problem[];
  /** Machines that some placement names. */
  readonly placed: Set<string>;
}

export const quoted = (text: string): string => JSON.stringify(text);

export function tell({ problems, places }: Verifying, code: string, path: Path, message: string): void {
  problems.push({ ...places.at(path), code, message });
}

export interface Subject {
  readonly verifying: Verifying;
  readonly name: string;
  readonly application: Application;
}

/** Records a problem of the application at one of its keys. */
export function tellOf({ verifying, name }: Subject, code: string, keys: readonly (string | number)[], message: string): void {
  tell(verifying, code, ['applications', name, ...keys], message);
}

/** Juju takes both as long as they mean the same system. */
export function verifyMix(
  verifying: Verifying,
  owner: string,
  path: Path,
  key: string,
  { series = '', base = '' }: { series?: string | undefined; base?: string | undefined },
): void {
  const parsed = parseBase(base);
  const same = parsed === undefined ? undefined : seriesOfBase(parsed);
  if (series === '' || same === undefined || same === series) return;
  tell(verifying, 'series-and-base', [...path, key], `${owner} series ${quoted(series)} and base ${quoted(base)} must match if both supplied`);
}

/** `undefined` when the constraints may stand where they do. */
export function constraintComplaint({ alone }: Verifying, constraints: string): string | undefined {
  return checkConstraints(constraints) ?? (alone && asksForImage(constraints) ? "'image-id' constraint in a base bundle not supported" : undefined);
}
