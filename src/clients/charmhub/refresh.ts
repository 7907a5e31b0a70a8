/** POST /v2/charms/refresh with `install` actions: one result an action, matched by instance-key, repaired once as Juju does (facts/charmhub-juju.md 1.5). */
import type { Arch } from '../../domain/arch.ts';
import type { JsonReader } from '../json-reader.ts';
import { type BaseRow, decodeBase, decodeBases } from './decode-charm.ts';
import { type CharmhubSession, type Refusal, askCharmhub, decodeRefusal, refusalError } from './session.ts';

export interface Install {
  readonly name: string;
  /** Either of the two. */
  readonly channel?: string;
  readonly revision?: number;
  readonly base: BaseRow;
}

/** `result`: what was found. `refused`: why not, with the answer's `extra`. */
export type Installed = { readonly result: JsonReader } | { readonly refused: Refusal; readonly extra: JsonReader };

const PATH = 'v2/charms/refresh';
const CHUNK = 20;
const FIELDS = ['bases', 'config-yaml', 'download', 'id', 'metadata-yaml', 'name', 'resources', 'revision', 'type', 'version'];

/** In the order asked for; undefined when this Charmhub has no refresh at all. */
export async function install(session: CharmhubSession, wanted: readonly Install[]): Promise<Installed[] | undefined> {
  const found: Installed[] = [];
  for (let start = 0; start < wanted.length; start += CHUNK) {
    const chunk = wanted.slice(start, start + CHUNK);
    const first = await post(session, chunk);
    if (first === undefined) return undefined;
    const repairs = first.map((each, index) => repair(each, chunk[index]));
    const again = repairs.filter((each) => each !== undefined);
    const second = again.length === 0 ? [] : ((await post(session, again)) ?? []);
    found.push(...first.map((each, index) => better(each, second[again.findIndex((action) => action === repairs[index])])));
  }
  return found;
}

/** The first refusal tells more than the second. */
const better = (first: Installed, second: Installed | undefined): Installed => (second !== undefined && 'result' in second ? second : first);

async function post(session: CharmhubSession, chunk: readonly Install[]): Promise<Installed[] | undefined> {
  const keys = chunk.map(({ name, base }, index) => `${index}/${name}/${base.architecture}/${base.channel}`);
  const actions = chunk.map(({ name, channel, revision, base }, index) => ({
    action: 'install',
    'instance-key': keys[index],
    name,
    // By revision there is no choice left to make, and no base may be named.
    ...(revision === undefined ? { channel, base } : { revision, base: null }),
  }));
  const reply = await askCharmhub(session, PATH, { context: [], actions, fields: FIELDS });
  if ('refused' in reply) {
    if (reply.status === 404 || reply.refused.code === 'endpoint-disabled') return undefined;
    throw refusalError(session, PATH, 'results', reply.refused);
  }
  const results = reply.document.at('results');
  const byKey = new Map(results.list().map((result) => [result.at('instance-key').text(), result]));
  return keys.map((key) => {
    const result = byKey.get(key) ?? results.refuse(`a result for ${key}`);
    const error = result.at('error');
    return error.isAbsent() ? { result } : { refused: decodeRefusal(error), extra: error.at('extra') };
  });
}

const BASE_CODES: ReadonlySet<string> = new Set(['invalid-charm-base', 'invalid-charm-platform', 'missing-charm-base']);

/** The same question with a base that the answer offers for the architecture; undefined when it offers none or the very same. */
function repair(installed: Installed, asked: Install | undefined): Install | undefined {
  if ('result' in installed || asked === undefined || asked.revision !== undefined || installed.extra.isAbsent()) return undefined;
  const offered = offeredBases(installed, asked);
  const matching = offered.filter(({ architecture }) => architecture === asked.base.architecture || architecture === 'all');
  const [best] = [...matching.filter((base) => isSame(base, asked.base)), ...matching.filter(({ name }) => name === asked.base.name), ...matching];
  if (best === undefined) return undefined;
  // `all` is never sent: "NA" stands for a base that does not matter.
  const word = (text: string): string => (text === 'all' ? 'NA' : text);
  const base = { name: word(best.name), channel: word(best.channel), architecture: asked.base.architecture };
  return isSame(base, asked.base) ? undefined : { ...asked, base };
}

const isSame = (a: BaseRow, b: BaseRow): boolean => a.name === b.name && a.channel === b.channel;

function offeredBases({ refused, extra }: Extract<Installed, { refused: Refusal }>, asked: Install): BaseRow[] {
  if (BASE_CODES.has(refused.code)) return decodeBases(extra.at('default-bases'));
  if (refused.code !== 'revision-not-found' || extra.at('releases').isAbsent()) return [];
  const same = extra
    .at('releases')
    .list()
    .filter((release) => isChannel(release.at('channel').text(), asked.channel));
  return same.flatMap((release) => (release.at('base').isAbsent() ? [] : decodeBase(release.at('base'))));
}

/** `stable` and `latest/stable` are one channel. */
const isChannel = (a: string, b: string | undefined): boolean => b !== undefined && full(a) === full(b);
const full = (channel: string): string => (channel.includes('/') ? channel : `latest/${channel}`);

export const baseOf = ({ name, channel }: { readonly name: string; readonly channel: string }, architecture: Arch): BaseRow => ({
  name,
  channel,
  architecture,
});
