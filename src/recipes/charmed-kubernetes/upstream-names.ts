/** container-images.txt of the bundle repository: the upstream name behind each name of the mirror (facts/charmhub-juju.md 6.2). */
import { parseImageRef, type ImageRef } from '../../domain/image-ref.ts';

const HOSTS = ['k8s.gcr.io/', 'us.gcr.io/', 'docker.io/library/', 'docker.io/', 'gcr.io/', 'nvcr.io/', 'quay.io/', 'registry.k8s.io/'];
const ARCH_TOKENS = ['amd64', 'arm64', 'ppc64le', 's390x'];

/** Path with tag below the mirror's prefix → upstream reference. Lines are `key: image image …` with `{{ arch }}` tokens. */
export function parseUpstreamNames(text: string): ReadonlyMap<string, ImageRef> {
  const names = new Map<string, ImageRef>();
  for (const line of text.split('\n')) {
    const [key, list] = line.split(/:\s+(.*)/s, 2);
    if (key === undefined || list === undefined || key === 'ci-static') continue;
    for (const arch of ARCH_TOKENS) {
      // Tokens hold spaces, so they go before the line is split at spaces.
      const images = list.replaceAll('{{ arch }}', arch).replaceAll('{{ multiarch_workaround }}', '').split(/\s+/);
      for (const image of images) {
        const host = HOSTS.find((prefix) => image.startsWith(prefix));
        if (host !== undefined) names.set(image.slice(host.length), parseImageRef(image));
      }
    }
  }
  return names;
}
