/** Include directives of options and annotations: `include-file://PATH`, `include-base64://PATH` (facts/charmhub-juju.md 3.5). */
import type { Problem } from '../domain/errors.ts';
import type { Application, Bundle, Machine, Value } from './bundle.ts';
import { present } from './present.ts';
import { type BundlePart, type BundleText, refuseProblems } from './read.ts';
import { locate } from './tree.ts';

/** Reads a file that lies beside `relativeTo`, the file that holds the directive, or says why it does not; a link out of that folder is one reason. */
export type Include = (path: string, relativeTo: string) => Promise<Uint8Array | { readonly refused: string }>;

interface Directive {
  readonly path: string;
  readonly base64: boolean;
  /** Keys down to the value. */
  readonly at: readonly string[];
}

/** Gives back what it was given, or the content, which is text. */
type Resolve = <T extends Value>(value: T, at: readonly string[]) => T | string;

/** The same text with the contents in place of the directives. Nothing outside the bundle's folder is ever asked for. */
export async function resolveIncludes(source: BundleText, include: Include): Promise<BundleText> {
  const problems: Problem[] = [];
  const [base, ...overlays] = await Promise.all([source.base, ...source.overlays].map((part) => resolvePart(part, include, problems)));
  refuseProblems('bundle', problems);
  return base === undefined ? source : { ...source, base, overlays };
}

async function resolvePart(part: BundlePart, include: Include, problems: Problem[]): Promise<BundlePart> {
  const contents = new Map<Directive, string>();
  const directives = directivesOf(part.bundle);
  await Promise.all(
    directives.map(async (directive) => {
      const content = await contentOf(part, directive, include, problems);
      if (content !== undefined) contents.set(directive, content);
    }),
  );
  if (directives.length === 0) return part;
  const byPlace = new Map([...contents].map(([{ at }, content]) => [placeKey(at), content]));
  return { ...part, bundle: mapValues(part.bundle, (value, at) => byPlace.get(placeKey(at)) ?? value) };
}

async function contentOf(part: BundlePart, { path, base64, at }: Directive, include: Include, problems: Problem[]): Promise<string | undefined> {
  const place = locate(part.tree, written(part.bundle, at)) ?? { file: part.tree.file };
  const refuse = (message: string): undefined => {
    problems.push({ ...place, code: 'include', message });
    return undefined;
  };
  if (/^([/\\]|[A-Za-z]:)/.test(path) || path === '' || path.split(/[/\\]/).includes('..'))
    return refuse(`include of ${JSON.stringify(path)} leaves the bundle's folder`);
  const found = await include(path, part.tree.file);
  if ('refused' in found) return refuse(`resolving include ${JSON.stringify(path)}: ${found.refused}`);
  return Buffer.from(found).toString(base64 ? 'base64' : 'utf8');
}

function directivesOf(bundle: Bundle): Directive[] {
  const found: Directive[] = [];
  mapValues(bundle, (value, at) => {
    const match = typeof value === 'string' ? /^include-(file|base64):\/\/(.*)$/s.exec(value) : null;
    if (match !== null) found.push({ path: match[2] ?? '', base64: match[1] === 'base64', at });
    return value;
  });
  return found;
}

const placeKey = (at: readonly string[]): string => JSON.stringify(at);

const written = (bundle: Bundle, at: readonly string[]): readonly string[] =>
  bundle.legacyServices === true && at[0] === 'applications' ? ['services', ...at.slice(1)] : at;

/** Every value that may be a directive, replaced by what `resolve` makes of it. */
function mapValues(bundle: Bundle, resolve: Resolve): Bundle {
  const applications = new Map(
    [...bundle.applications].map(([name, application]) => [name, application === null ? null : mapApplication(name, application, resolve)]),
  );
  const machines =
    bundle.machines === undefined
      ? undefined
      : new Map([...bundle.machines].map(([id, machine]) => [id, machine === null ? null : mapMachine(id, machine, resolve)]));
  return present<Bundle>({ ...bundle, applications, machines });
}

function mapApplication(name: string, application: Application, resolve: Resolve): Application {
  return present<Application>({
    ...application,
    options: mapMap(application.options, (value, key) => resolve(value, ['applications', name, 'options', key])),
    annotations: mapMap(application.annotations, (value, key) => resolve(value, ['applications', name, 'annotations', key])),
  });
}

function mapMachine(id: string, machine: Machine, resolve: Resolve): Machine {
  return present<Machine>({
    ...machine,
    annotations: mapMap(machine.annotations, (value, key) => resolve(value, ['machines', id, 'annotations', key])),
  });
}

function mapMap<T>(map: ReadonlyMap<string, T> | null | undefined, each: (value: T, key: string) => T): ReadonlyMap<string, T> | null | undefined {
  return map === null || map === undefined ? map : new Map([...map].map(([key, value]) => [key, each(value, key)]));
}
