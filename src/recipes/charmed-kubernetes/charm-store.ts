/** Charms of the closed Charm Store: which charm of Charmhub each one is now (facts/charmhub-juju.md 2). Pure. */
import type { Application, Bundle } from '../../bundle/bundle.ts';
import { readCharm } from '../../bundle/charm-url.ts';
import type { Places } from '../../bundle/places.ts';
import type { Problem } from '../../domain/errors.ts';

export interface Mapped {
  readonly bundle: Bundle;
  readonly problems: readonly Problem[];
  readonly warnings: readonly string[];
}

/** With `map` every `cs:` application gets its charm's name and revision at Charmhub and a warning, else a problem that names them. */
export function mapCharmStore(bundle: Bundle, places: Places, map: boolean): Mapped {
  const problems: Problem[] = [];
  const warnings: string[] = [];
  const applications = new Map(
    [...bundle.applications].map(([name, application]): [string, Application | null] => {
      const charm = readCharm(application?.charm ?? '');
      if (application === null || charm.kind !== 'store') return [name, application];
      const { hubName, revision, url } = charm;
      const now = `charm ${hubName}${revision === undefined ? '' : `, revision ${revision}`}`;
      if (map) {
        warnings.push(`application ${name}: ${url} of the closed Charm Store is packed as ${now} of Charmhub`);
        return [name, { ...application, charm: hubName, ...(revision !== undefined && { revision }) }];
      }
      const message = `application ${name}: ${url} is a Charm Store URL; that store closed in February 2022; at Charmhub it is ${now} (--map-charmstore takes that)`;
      problems.push({ ...places.at(['applications', name, 'charm']), code: 'charm-store', message });
      return [name, application];
    }),
  );
  return { bundle: { ...bundle, applications }, problems, warnings };
}
