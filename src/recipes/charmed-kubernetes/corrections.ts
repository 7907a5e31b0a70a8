/** Official overlays that do not fit the charms of a track, and what makes them fit: the catalogue's corrections. Pure. */
import type { Application, Bundle, Relation } from '../../bundle/bundle.ts';
import { mergeBundle } from '../../bundle/overlay.ts';
import type { Places } from '../../bundle/places.ts';
import { readBundle, type BundleText } from '../../bundle/read.ts';
import type { Problem } from '../../domain/errors.ts';
import type { Catalogue, Correction } from './catalogue.ts';
import { byTrack } from './track-range.ts';

export interface Corrected {
  readonly bundle: Bundle;
  /** One a relation that does not fit, at its place, with the correction. */
  readonly problems: readonly Problem[];
  readonly warnings: readonly string[];
}

interface Misfit {
  readonly overlay: string;
  readonly correction: Correction;
  readonly relations: readonly Relation[];
  readonly storage: readonly { readonly application: string; readonly written: string; readonly name: string }[];
}

/** With `apply` the corrections are made and warned about, else they are problems. `overlays` by file name. */
export function correctOverlays(
  bundle: Bundle,
  overlays: readonly { readonly name: string; readonly text: BundleText }[],
  track: string,
  { catalogue, places, apply }: { readonly catalogue: Catalogue; readonly places: Places; readonly apply: boolean },
): Corrected {
  const misfits = overlays.flatMap(({ name, text }) => misfitsOf(bundle, stemOf(name), text, track, catalogue));
  if (!apply) return { bundle, problems: misfits.flatMap((misfit) => problemsOf(misfit, track, places)), warnings: [] };
  const warnings = misfits.map(({ overlay, correction: { why, add }, relations, storage }) => {
    const done = [
      ...relations.map((relation) => `${shown(relation)} taken away`),
      ...storage.map(({ application, written, name }) => `storage ${written} of ${application} named ${name}`),
      ...(add === '' ? [] : [`${addition(add)} added`]),
    ];
    return `overlay ${overlay} was corrected for ${track}: ${done.join(', ')}: ${why}`;
  });
  return { bundle: misfits.reduce(correct, bundle), problems: [], warnings };
}

/** Relations are passed on by merging as they are: what is still there is told by identity. */
function misfitsOf(bundle: Bundle, overlay: string, text: BundleText, track: string, { corrections }: Catalogue): Misfit[] {
  const written = [text.base, ...text.overlays].flatMap((part) => part.bundle.relations).filter((relation) => bundle.relations.includes(relation));
  return corrections
    .filter((correction) => correction.overlays.includes(overlay) && byTrack(track)(correction))
    .map((correction) => ({
      overlay,
      correction,
      relations: written.filter((relation) => correction.remove.some((removed) => same(removed, relation))),
      storage: misnamed(bundle, correction),
    }))
    .filter(({ relations, storage }) => relations.length + storage.length > 0);
}

function misnamed({ applications }: Bundle, { renameStorage }: Correction): Misfit['storage'] {
  return Object.entries(renameStorage).flatMap(([application, names]) =>
    Object.entries(names)
      .filter(([written]) => applications.get(application)?.storage?.has(written) === true)
      .map(([written, name]) => ({ application, written, name })),
  );
}

function problemsOf({ overlay, correction: { why, add }, relations, storage }: Misfit, track: string, places: Places): Problem[] {
  const instead = add === '' ? 'leave it out' : `put ${addition(add)} in its place`;
  const problem = (place: ReturnType<Places['at']>, what: string, todo: string): Problem => ({
    ...place,
    code: 'overlay-misfit',
    message: `overlay ${overlay} does not fit ${track}: ${what}: ${why}; correction: ${todo} (--correct-overlays does)`,
  });
  return [
    ...relations.map((relation) => problem(places.ofRelation(relation), `relation ${shown(relation)}`, instead)),
    ...storage.map(({ application, written, name }) =>
      problem(places.at(['applications', application, 'storage', written]), `storage ${written} of ${application}`, `call it ${name}`),
    ),
  ];
}

function correct(bundle: Bundle, { overlay, correction: { add }, relations, storage }: Misfit): Bundle {
  const rest: Bundle = {
    ...bundle,
    applications: new Map([...bundle.applications].map(([name, application]) => [name, renamed(name, application, storage)])),
    relations: bundle.relations.filter((relation) => !relations.includes(relation)),
  };
  if (add === '') return rest;
  const added = readBundle(add, `correction of ${overlay}`).base.bundle;
  return mergeBundle(rest, [{ ...added, relations: added.relations.filter((relation) => !rest.relations.some((present) => same(present, relation))) }]);
}

function renamed(name: string, application: Application | null, storage: Misfit['storage']): Application | null {
  const names = new Map(storage.filter((each) => each.application === name).map((each) => [each.written, each.name]));
  if (application === null || names.size === 0) return application;
  return { ...application, storage: new Map([...(application.storage ?? [])].map(([key, value]) => [names.get(key) ?? key, value])) };
}

/** Order does not matter, and an application alone stands for any of its endpoints. */
function same(a: readonly string[], b: readonly string[]): boolean {
  const [one = '', other = ''] = b;
  return [
    [one, other],
    [other, one],
  ].some((pair) => pair.every((end, index) => endMatches(a[index] ?? '', end)));
}

const endMatches = (a: string, b: string): boolean => a === b || (applicationOf(a) === applicationOf(b) && (!a.includes(':') || !b.includes(':')));
const applicationOf = (end: string): string => end.split(':', 1)[0] ?? '';

const shown = (relation: readonly string[]): string => `[${relation.join(', ')}]`;

function addition(add: string): string {
  const { applications, relations } = readBundle(add, 'correction').base.bundle;
  return [...[...applications.keys()].map((name) => `application ${name}`), ...relations.map(shown)].join(' and ');
}

const stemOf = (name: string): string => name.replace(/\.ya?ml$/, '').replace(/-overlay$/, '');
