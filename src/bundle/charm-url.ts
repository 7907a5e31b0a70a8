/** What an application's `charm` names: a local path, a charm at Charmhub, or one of the closed Charm Store (facts/charmhub-juju.md 2, 3.8). */
import { ShrinkwrapError } from '../domain/errors.ts';
import { CHARM_NAME, SERIES_NAME } from './names.ts';

export type CharmRef =
  | { readonly kind: 'local'; readonly path: string }
  /** A revision within the name is something that Juju refuses; the key `revision` is the place for it. */
  | { readonly kind: 'hub'; readonly name: string; readonly revision?: number }
  /** `hubName` is what the charm is called at Charmhub since the move. */
  | {
      readonly kind: 'store';
      readonly url: string;
      readonly user?: string;
      readonly series?: string;
      readonly name: string;
      readonly revision?: number;
      readonly hubName: string;
    };

export function parseCharm(text: string): CharmRef {
  const found = readCharm(text);
  if (found.kind === 'bad')
    throw new ShrinkwrapError('INPUT_MALFORMED', { what: 'charm', text, wanted: 'a path that starts with "." or "/", or a name at Charmhub' });
  return found;
}

/** The same without an exception: Juju's words for what is wrong instead. */
export function readCharm(text: string): CharmRef | { readonly kind: 'bad'; readonly message: string } {
  if (/^[./]|^local:/.test(text)) return { kind: 'local', path: text };
  const [, schema = 'ch', rest = ''] = /^(?:([a-z][a-z0-9+.-]*):)?(.*)$/s.exec(text) ?? [];
  if (schema === 'cs') return readStoreUrl(text, rest);
  if (schema !== 'ch') return { kind: 'bad', message: `cannot parse URL ${JSON.stringify(text)}: schema ${JSON.stringify(schema)} not valid` };
  // In full a URL of Charmhub is ARCH/SERIES/NAME-REVISION; bundles carry the last part.
  const parts = rest.split('/');
  const { name, revision } = splitRevision(parts.at(-1) ?? '');
  if (parts.length > 3 || !CHARM_NAME.test(name))
    return { kind: 'bad', message: `cannot parse name and/or revision in URL ${JSON.stringify(text)}: name ${JSON.stringify(name)} not valid` };
  return { kind: 'hub', name, ...(revision === undefined ? {} : { revision }) };
}

function readStoreUrl(url: string, rest: string): CharmRef | { readonly kind: 'bad'; readonly message: string } {
  const match = /^(?:~([a-zA-Z0-9][a-zA-Z0-9.+-]*)\/)?(?:([^/~]+)\/)?([^/]+)$/.exec(rest);
  const [, user, series, last = ''] = match ?? [];
  const { name, revision } = splitRevision(last);
  if (match === null || !CHARM_NAME.test(name) || (series !== undefined && !SERIES_NAME.test(series))) {
    return { kind: 'bad', message: `cannot parse URL ${JSON.stringify(url)}: name ${JSON.stringify(name)} not valid` };
  }
  // The containers team owned the flat names of its charms; everybody else's got the owner in front.
  const hubName = user === undefined || user === 'containers' ? name : `${user}-${name}`;
  return {
    kind: 'store',
    url,
    ...(user === undefined ? {} : { user }),
    ...(series === undefined ? {} : { series }),
    name,
    ...(revision === undefined ? {} : { revision }),
    hubName,
  };
}

/** The last `-DIGITS` is the revision; a name may hold dashes and digits elsewhere. */
function splitRevision(text: string): { name: string; revision?: number } {
  const match = /^(.+)-([0-9]+)$/.exec(text);
  return match?.[1] === undefined ? { name: text } : { name: match[1], revision: Number(match[2]) };
}
