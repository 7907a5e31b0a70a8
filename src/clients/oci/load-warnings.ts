/** What the engines of a site cannot load, told at planning with their versions: behind the air gap it is too late. Pure. */
import { formatPlatform, type Platform } from '../../domain/arch.ts';
import type { Descriptor } from '../../domain/artifact.ts';
import type { ImageConfig } from './read-config.ts';
import { platformKey } from './select-platform.ts';

export interface LoadFacts {
  readonly layers: readonly Descriptor[];
  readonly platform: Platform;
  /** Of an image that no index names a platform for. */
  readonly config?: ImageConfig | undefined;
}

/** layer/layer_store.go of moby: maxLayerDepth. */
const LAYER_LIMIT = 125;

const isForeign = ({ mediaType }: Descriptor): boolean => /\.foreign\.|\.nondistributable\./.test(mediaType);

export function loadWarnings(image: string, { layers, platform, config }: LoadFacts): string[] {
  const foreign = layers.filter(isForeign);
  const hosts = [...new Set(foreign.flatMap(({ urls = [] }) => urls.map((url) => (URL.canParse(url) ? new URL(url).host : url))))];
  const says = config?.platform === undefined ? undefined : formatPlatform(config.platform);
  const sentences = [
    layers.some(({ mediaType }) => mediaType.endsWith('zstd')) && 'its layers are zstd, which Docker before 23.0 and containerd before 1.5 cannot unpack',
    foreign.length > 0 &&
      `${foreign.length} of its layers are foreign (${hosts.length === 0 ? 'no address' : hosts.join(', ')}): a registry of distribution takes it only with validation.manifests.urls.allow`,
    layers.length > LAYER_LIMIT && `it has ${layers.length} layers, and Docker loads at most ${LAYER_LIMIT}`,
    says !== undefined && platformKey(config?.platform ?? platform) !== platformKey(platform) && `it is for ${says}, not for ${formatPlatform(platform)}`,
    config?.layers !== undefined &&
      config.layers !== layers.length &&
      `its config counts ${config.layers} layers and its manifest ${layers.length}, which docker load refuses`,
  ];
  return sentences.filter((sentence) => sentence !== false).map((sentence) => `image ${image}: ${sentence}`);
}
