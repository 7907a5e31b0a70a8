/** Files beside a bundle that it names: local charms and resources, with Juju's rules for where they lie (facts/charmhub-juju.md 3.6, 3.8). Pure. */
import type { Problem } from '../domain/errors.ts';
import type { Bundle } from './bundle.ts';
import { readCharm } from './charm-url.ts';
import type { Places } from './places.ts';
import { quoted } from './verifying.ts';

export interface LocalFile {
  readonly application: string;
  /** Absent for the charm itself. */
  readonly resource?: string;
  /** As written. */
  readonly written: string;
  /** To be read from: relative to the working directory, or absolute. */
  readonly path: string;
  /** Neither below the bundle's folder nor beside it. */
  readonly outside: boolean;
}

/** A relative charm lies beside the file that names it, a resource always beside the base bundle, whichever overlay names it. */
export function localFiles(bundle: Bundle, baseFile: string, places: Places): LocalFile[] {
  return [...bundle.applications].flatMap(([application, spec]): LocalFile[] => {
    if (spec === null) return [];
    const charm = readCharm(spec.charm ?? '');
    const charmFile = places.at(['applications', application, 'charm']).file ?? baseFile;
    const charms = charm.kind === 'local' && !charm.path.startsWith('local:') ? [{ application, ...beside(charmFile, charm.path) }] : [];
    const resources = [...(spec.resources ?? [])].flatMap(([resource, value]) =>
      typeof value === 'string' ? [{ application, resource, ...beside(baseFile, value) }] : [],
    );
    return [...charms, ...resources];
  });
}

export const LOCAL_URL = /^local:/;

/** Where a local file stands in the texts. */
export const placeOfLocal = (places: Places, { application, resource }: Pick<LocalFile, 'application' | 'resource'>): ReturnType<Places['at']> =>
  places.at(['applications', application, ...(resource === undefined ? ['charm'] : ['resources', resource])]);

/** Juju's words for a charm; for a resource those of opening it. */
export function absentLocal(places: Places, file: LocalFile, why: string): Problem {
  const { application, resource, written } = file;
  const message =
    resource === undefined
      ? `charm path in application ${quoted(application)} does not exist: ${written} ${why}`
      : `resource ${quoted(resource)} of application ${quoted(application)}: ${written} ${why}`;
  return { ...placeOfLocal(places, file), code: resource === undefined ? 'local-charm' : 'local-resource', message };
}

function beside(file: string, written: string): Pick<LocalFile, 'written' | 'path' | 'outside'> {
  const absolute = written.startsWith('/');
  const folder = file.includes('/') ? file.slice(0, file.lastIndexOf('/') + 1) : '';
  const steps = written
    .split('/')
    .reduce<number[]>((depths, part) => [...depths, (depths.at(-1) ?? 0) + (part === '..' ? -1 : part === '' || part === '.' ? 0 : 1)], []);
  return { written, path: absolute ? written : `${folder}${written.replace(/^(?:\.\/+)+/, '')}`, outside: absolute || steps.some((depth) => depth < 0) };
}
