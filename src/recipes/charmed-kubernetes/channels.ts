/** Where a snap's channel comes from (facts/charmhub-juju.md 4.7). */
import { formatChannel, parseChannel, type Channel } from '../../domain/channel.ts';

export interface ChannelContext {
  /** `options.channel` of the application in the merged bundle. */
  readonly option?: string;
  /** Default of the charm's own `channel` option. */
  readonly charmDefault?: string;
  /** What the charm makes of `auto`. */
  readonly auto?: string;
  /** Full channel of the charm. */
  readonly charmChannel: string;
}

/** `rule` is `option`, `track` or a channel; the answer is a full channel. */
export function snapChannel(rule: string, context: ChannelContext): string {
  switch (rule) {
    case 'option':
      return formatChannel(optionChannel(context));
    case 'track':
      return formatChannel({ track: parseChannel(context.charmChannel).track, risk: optionChannel(context).risk });
    default:
      return formatChannel(parseChannel(rule));
  }
}

function optionChannel({ option, charmDefault, auto, charmChannel }: ChannelContext): Channel {
  const asked = option ?? charmDefault ?? charmChannel;
  return parseChannel(asked === 'auto' ? (auto ?? 'latest/stable') : asked);
}
