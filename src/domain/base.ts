/** Operating-system bases and the series names that older Juju used for them (facts/charmhub-juju.md 1.10). */

export interface Base {
  readonly name: string;
  /** `22.04`; never with a risk. */
  readonly channel: string;
}

const SERIES: Readonly<Record<string, string>> = {
  trusty: '14.04',
  xenial: '16.04',
  bionic: '18.04',
  focal: '20.04',
  groovy: '20.10',
  hirsute: '21.04',
  impish: '21.10',
  jammy: '22.04',
  kinetic: '22.10',
  lunar: '23.04',
  mantic: '23.10',
  noble: '24.04',
  oracular: '24.10',
  plucky: '25.04',
  questing: '25.10',
  resolute: '26.04',
};

export function baseOfSeries(series: string): Base | undefined {
  const channel = Object.hasOwn(SERIES, series) ? SERIES[series] : undefined;
  return channel === undefined ? undefined : { name: 'ubuntu', channel };
}

export function seriesOfBase({ name, channel }: Base): string | undefined {
  return name === 'ubuntu' ? Object.keys(SERIES).find((series) => SERIES[series] === channel) : undefined;
}

/** `ubuntu@22.04` and `ubuntu@22.04/stable`. */
export function parseBase(text: string): Base | undefined {
  const match = /^([a-z][a-z0-9-]*)@([0-9][0-9.]*)(?:\/(?:stable|candidate|beta|edge))?$/.exec(text);
  return match?.[1] !== undefined && match[2] !== undefined ? { name: match[1], channel: match[2] } : undefined;
}

export const formatBase = ({ name, channel }: Base): string => `${name}@${channel}`;
