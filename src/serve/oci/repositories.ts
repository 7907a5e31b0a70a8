/** The registry's contents as one: what was pushed, over what the directories hold. */
import type { Content } from '../exchange.ts';
import type { ImageCatalogue, ServedManifest } from './catalogue.ts';

export interface Repositories extends ImageCatalogue {
  addBlob(repository: string, digest: string, content: Content): void;
  /** Under its digest, and under the tag when one is given. */
  addManifest(repository: string, manifest: ServedManifest, tag: string | undefined): void;
}

interface Pushed {
  readonly blobs: Map<string, Content>;
  readonly manifests: Map<string, ServedManifest>;
  readonly tags: Map<string, ServedManifest>;
}

export function createRepositories(catalogue: ImageCatalogue): Repositories {
  const pushed = new Map<string, Pushed>();
  const at = (repository: string): Pushed => {
    const known = pushed.get(repository) ?? { blobs: new Map(), manifests: new Map(), tags: new Map() };
    pushed.set(repository, known);
    return known;
  };
  return {
    has: (repository) => (pushed.get(repository)?.manifests.size ?? 0) > 0 || catalogue.has(repository),
    manifest(repository, reference, ns) {
      const mine = pushed.get(repository);
      return mine?.tags.get(reference) ?? mine?.manifests.get(reference) ?? catalogue.manifest(repository, reference, ns);
    },
    blob: (repository, digest) => pushed.get(repository)?.blobs.get(digest) ?? catalogue.blob(repository, digest),
    tags: (repository) => [...new Set([...(pushed.get(repository)?.tags.keys() ?? []), ...catalogue.tags(repository)])].toSorted(),
    addBlob: (repository, digest, content) => void at(repository).blobs.set(digest, content),
    addManifest(repository, manifest, tag) {
      at(repository).manifests.set(manifest.digest, manifest);
      if (tag !== undefined) at(repository).tags.set(tag, manifest);
    },
  };
}
