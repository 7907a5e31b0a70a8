/** Tells an image from what else lies in registries: charts, policies, signatures. */

/**
 * Configs of images. Early registries stored them under careless types, which every engine still accepts
 * (moby/moby distribution/registry.go: distribution#1621, docker#22378); anything else is an artifact: no engine loads it, every registry takes it.
 */
const IMAGE_CONFIGS: ReadonlySet<string> = new Set([
  'application/vnd.oci.image.config.v1+json',
  'application/vnd.docker.container.image.v1+json',
  'application/octet-stream',
  'application/json',
  'text/html',
]);

export const isImageConfig = (mediaType: string): boolean => IMAGE_CONFIGS.has(mediaType);
