/** Which Kubernetes a bundle runs: the `channel` option of its control plane, and where that disagrees with what was asked for. Pure. */
import type { Bundle } from '../../bundle/bundle.ts';
import { readCharm } from '../../bundle/charm-url.ts';
import { formatChannel, parseChannel, type Channel } from '../../domain/channel.ts';
import { isShrinkwrapError } from '../../domain/errors.ts';
import type { Catalogue } from './catalogue.ts';

/** Option `channel` of the applications whose charms are Kubernetes itself, in the catalogue's order; malformed ones are not here. */
function optionChannels({ applications }: Bundle, { images }: Catalogue): { application: string; channel: Channel; text: string }[] {
  return images.lists.channelOf.flatMap((charm) =>
    [...applications].flatMap(([application, spec]) => {
      const ref = readCharm(spec?.charm ?? '');
      const name = ref.kind === 'hub' ? ref.name : ref.kind === 'store' ? ref.hubName : application;
      const text = spec?.options?.get('channel');
      const channel = name === charm && typeof text === 'string' ? readChannel(text) : undefined;
      return channel === undefined ? [] : [{ application, channel, text: formatChannel(channel) }];
    }),
  );
}

/** What a bundle without channels of its own says of its channel. */
export const optionChannel = (bundle: Bundle, catalogue: Catalogue): Channel | undefined => optionChannels(bundle, catalogue)[0]?.channel;

/** The snaps come from the option's channel: where it is another than the one asked for, that is worth a word (facts/charmhub-juju.md 5.4). */
export function channelWarnings(bundle: Bundle, asked: Channel | undefined, catalogue: Catalogue): string[] {
  if (asked === undefined) return [];
  const wanted = formatChannel({ track: asked.track, risk: asked.risk });
  return optionChannels(bundle, catalogue)
    .filter(({ channel }) => formatChannel(channel) !== wanted)
    .map(
      ({ application, text }) => `application ${application} sets its option channel to ${text}, while ${wanted} was asked for: its snaps come from ${text}`,
    );
}

function readChannel(text: string): Channel | undefined {
  try {
    return parseChannel(text);
  } catch (error) {
    if (isShrinkwrapError(error)) return undefined;
    throw error;
  }
}
