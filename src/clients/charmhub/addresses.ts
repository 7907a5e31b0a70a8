/** Addresses of the configured Charmhub and their production form: a plan never tells which mirror was used. */
import { ShrinkwrapError } from '../../domain/errors.ts';
import { redactUrl } from '../redact-url.ts';

export interface CharmhubAddresses {
  /** Host and port, for people. */
  readonly host: string;
  /** An endpoint below the configured base; may carry a query. */
  endpoint(path: string): string;
  /** A download address as the plan has it: production, without query. Undefined when we will not go there. */
  toSource(downloadUrl: string): string | undefined;
  /** Back to the configured base; an address elsewhere stays. */
  fromSource(source: string): string;
}

export function charmhubAddresses(baseUrl: string, productionUrl: string): CharmhubAddresses {
  const { shown: base, sent } = parseBase(baseUrl);
  const production = parseBase(productionUrl).shown;
  const allowed = base.startsWith('http:') ? ['https:', 'http:'] : ['https:'];
  return {
    host: new URL(base).host,
    endpoint: (path) => sent + path,
    toSource: (url) => (URL.canParse(url) && allowed.includes(new URL(url).protocol) ? rebase(redactUrl(url), base, production) : undefined),
    fromSource: (source) => rebase(source, production, sent),
  };
}

const rebase = (url: string, from: string, to: string): string => (url.startsWith(from) ? to + url.slice(from.length) : url);

/** With its path and exactly one slash at the end; `sent` keeps the user name and password that a mirror wants. */
function parseBase(text: string): { shown: string; sent: string } {
  const isUsable = /^https?:\/\//i.test(text) && URL.canParse(text) && new URL(text).search === '' && new URL(text).hash === '';
  if (!isUsable)
    throw new ShrinkwrapError('INPUT_MALFORMED', { what: 'Charmhub address', text: redactUrl(text), wanted: 'http[s]://HOST[:PORT]/[PATH/] without a query' });
  const withSlash = (url: string): string => `${url.replace(/\/+$/, '')}/`;
  return { shown: withSlash(redactUrl(text)), sent: withSlash(new URL(text).href) };
}
