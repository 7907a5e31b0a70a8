/** Addresses of the configured store and their production form: a plan never tells which mirror was used. */
import { ShrinkwrapError } from '../../domain/errors.ts';
import { redactUrl } from '../redact-url.ts';

export interface SnapStoreAddresses {
  readonly host: string;
  /** An endpoint below the configured base. */
  endpoint(path: string): string;
  /** A download address as the plan has it: production, without query. Undefined when we will not go there. */
  toSource(downloadUrl: string): string | undefined;
  /** Back to the configured store; an address elsewhere stays. */
  fromSource(source: string): { readonly url: string; readonly isStore: boolean };
}

export function snapStoreAddresses(baseUrl: string, productionUrl: string): SnapStoreAddresses {
  const base = parseBase(baseUrl);
  const production = parseBase(productionUrl);
  const allowed = new URL(base).protocol === 'http:' ? ['https:', 'http:'] : ['https:'];
  return {
    host: new URL(base).host,
    endpoint: (path) => base + path,
    toSource(downloadUrl) {
      if (!URL.canParse(downloadUrl)) return undefined;
      const { protocol, username, password } = new URL(downloadUrl);
      if (!allowed.includes(protocol) || username !== '' || password !== '') return undefined;
      return rebase(redactUrl(downloadUrl), base, production);
    },
    fromSource(source) {
      const url = rebase(source, production, base);
      return { url, isStore: url.startsWith(base) };
    },
  };
}

const rebase = (url: string, from: string, to: string): string => (url.startsWith(from) ? to + url.slice(from.length) : url);

/** With its path and exactly one slash at the end. */
function parseBase(text: string): string {
  const isUsable = URL.canParse(text) && /^https?:$/.test(new URL(text).protocol) && new URL(text).search === '';
  if (!isUsable)
    throw new ShrinkwrapError('INPUT_MALFORMED', {
      what: 'snap store address',
      text: redactUrl(text),
      wanted: 'http[s]://HOST[:PORT]/[PATH/] without a query',
    });
  return `${redactUrl(text).replace(/\/+$/, '')}/`;
}
