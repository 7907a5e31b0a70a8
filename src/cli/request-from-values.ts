/** Option values → what is asked for. Pure. */
import { isArch, ARCHES, DEFAULT_ARCH, type Arch } from '../domain/arch.ts';
import { formatBase, baseOfSeries, parseBase } from '../domain/base.ts';
import { formatChannel, parseChannel } from '../domain/channel.ts';
import { ShrinkwrapError } from '../domain/errors.ts';
import { SKIP_KINDS, type RecipeRequest } from '../recipes/recipe.ts';
import { bad } from './bad-value.ts';
import type { Values } from './values.ts';

export function requestFromValues(system: string, values: Values): RecipeRequest {
  const channel = values.text('channel');
  const base = values.text('base');
  const registry = values.text('registry');
  if (registry !== undefined && !/^(?:https?:\/\/)?[A-Za-z0-9.-]+(?::\d+)?\/?$|^(?:https?:\/\/)?\[[0-9a-fA-F:]+\](?::\d+)?\/?$/.test(registry))
    bad('registry', registry, 'HOST[:PORT], with http:// before it for plain http');
  return {
    system,
    ...(channel !== undefined && { channel: channelOf(channel) }),
    archs: archsOf(values.all('arch')),
    ...(base !== undefined && { base: baseOf(base) }),
    overlays: values.all('overlay'),
    skip: SKIP_KINDS.filter((kind) => values.on(`skip-${kind}`)),
    ...(registry !== undefined && { registry }),
    ...(formatOf(values.text('image-format')) === 'layout' && { imageFormat: 'layout' }),
    ...snapsOf(values),
    ...(values.on('gpu') && { gpu: true }),
    ...(values.on('map-charmstore') && { mapCharmstore: true }),
    ...(values.on('correct-overlays') && { correctOverlays: true }),
    ...(values.on('reviewed-only') && { reviewedOnly: true }),
    ...(values.text('with-registry') !== undefined && { withRegistry: values.on('with-registry') }),
    ...listFilters(values),
    imageSources: values.all('image-source').map((source) => (/^[^/\s]+\/\S+$/.test(source) ? source : bad('image-source', source, 'HOST/PATH'))),
    allowIncompleteImages: values.on('allow-incomplete-images'),
  };
}

function listFilters(values: Values): Pick<RecipeRequest, 'registryPrefix' | 'excludes'> {
  const registryPrefix = values.text('registry-prefix');
  const excludes = values.all('exclude');
  return { ...(registryPrefix !== undefined && { registryPrefix }), ...(excludes.length > 0 && { excludes }) };
}

function channelOf(text: string, option: 'channel' | 'snap' | 'snap-channel' = 'channel'): string {
  try {
    return formatChannel(parseChannel(text));
  } catch (error) {
    if (!(error instanceof ShrinkwrapError)) throw error;
    return bad(option, text, 'TRACK/RISK[/BRANCH], a track or a risk');
  }
}

/** Channels come out in full; the name itself is the recipe's to judge. */
function snapsOf(values: Values): Pick<RecipeRequest, 'snaps' | 'snapChannels'> {
  const complete = (option: 'snap' | 'snap-channel', wanted: string) => (text: string) => {
    const [, name, channel] = /^([a-z0-9][a-z0-9-]{0,38}[a-z0-9])(?:=(.+))?$/.exec(text) ?? bad(option, text, wanted);
    if (channel === undefined) return option === 'snap' ? text : bad(option, text, wanted);
    return `${name ?? ''}=${channelOf(channel, option)}`;
  };
  const snaps = values.all('snap').map(complete('snap', 'NAME or NAME=CHANNEL'));
  const snapChannels = values.all('snap-channel').map(complete('snap-channel', 'NAME=CHANNEL'));
  return { ...(snaps.length > 0 && { snaps }), ...(snapChannels.length > 0 && { snapChannels }) };
}

function formatOf(text = 'tgz'): 'tgz' | 'layout' {
  return text === 'tgz' || text === 'layout' ? text : bad('image-format', text, 'tgz or layout');
}

export function archsOf(texts: readonly string[]): Arch[] {
  const archs = texts.flatMap((text) => text.split(',')).filter((text) => text !== '');
  for (const arch of archs) {
    if (!isArch(arch)) throw new ShrinkwrapError('UPSTREAM_NOT_FOUND', { what: 'architecture', name: arch, where: 'any upstream', exists: [...ARCHES] });
  }
  return archs.length === 0 ? [DEFAULT_ARCH] : [...new Set(archs.filter(isArch))];
}

function baseOf(text: string): string {
  const base = parseBase(text) ?? baseOfSeries(text);
  return base === undefined ? bad('base', text, 'NAME@VERSION such as ubuntu@22.04') : formatBase(base);
}
