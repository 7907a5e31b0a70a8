/** What Charmhub said of a charm when it was planned: travels under sources/charmhub/, so that an archive can be judged without its own manifest. */
import type { CharmRelease } from './releases.ts';

export interface CharmRecord {
  readonly name: string;
  readonly id: string;
  readonly revision: number;
  readonly channel: string;
  readonly bases: CharmRelease['bases'];
  readonly size: number;
  readonly sha256: string;
  readonly resources: readonly {
    readonly name: string;
    readonly type: string;
    readonly filename: string;
    readonly revision: number;
    readonly size: number;
    readonly sha256: string;
  }[];
}

export function charmRecord({ name, id, revision, channel, bases, download, resources }: CharmRelease): CharmRecord {
  return {
    name,
    id,
    revision,
    channel,
    bases,
    size: download.size,
    sha256: download.digest.hex,
    resources: resources.map(({ name: resource, type, filename, revision: number, download: { size, digest } }) => ({
      name: resource,
      type,
      filename,
      revision: number,
      size,
      sha256: digest.hex,
    })),
  };
}
