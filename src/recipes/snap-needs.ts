/** What snapd fetches by itself before it installs a snap, and could not behind the air gap (facts/snap-store.md 6.2). Pure. */
import { parse } from 'yaml';
import { ShrinkwrapError } from '../domain/errors.ts';
import type { SnapRelease } from '../domain/releases.ts';

export interface SnapNeeds {
  /** Absent: the snap stands on nothing. */
  readonly base?: string;
  /** Default providers of its content plugs, sorted. */
  readonly providers: readonly string[];
}

/** The kinds that others stand on; they need nothing themselves. */
const FOUNDATIONS = ['os', 'base', 'snapd', 'kernel', 'gadget'];

export function snapNeeds(release: SnapRelease): SnapNeeds {
  const { type, base } = release;
  if (FOUNDATIONS.includes(type)) return { providers: [] };
  // `none` is the word for no base at all; `bare` is a snap like any other; core serves for core16 (snapd's own rule).
  const named = base === 'none' || base === '' ? undefined : base === 'core16' ? 'core' : base;
  return { ...(named !== undefined && { base: named }), providers: contentProviders(release) };
}

/** `default-provider: NAME` or `NAME:SLOT`, where the slot has no meaning. A plug without `interface:` has that of its name; a bare text is the interface. */
function contentProviders(release: SnapRelease): string[] {
  const plugs = Object.entries(mapping(mapping(parseYaml(release))['plugs']));
  const providers = plugs.flatMap(([name, plug]) => {
    const { interface: kind = name, 'default-provider': provider } = mapping(plug);
    return kind === 'content' && typeof provider === 'string' && provider !== '' ? [provider.split(':', 1)[0] ?? ''] : [];
  });
  return [...new Set(providers)].filter((provider) => provider !== '' && provider !== release.name).toSorted();
}

function parseYaml({ name, snapYaml, download }: SnapRelease): unknown {
  try {
    return parse(snapYaml, { logLevel: 'error' });
  } catch (error) {
    const found = error instanceof Error ? (error.message.split('\n', 1)[0] ?? '') : String(error);
    throw new ShrinkwrapError('UPSTREAM_ANSWER', { url: download.source, path: `snap-yaml of ${name}`, wanted: 'YAML', found }, { cause: error });
  }
}

const mapping = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
