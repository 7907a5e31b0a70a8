/** Reads the directories and makes the handlers of all protocols out of them. */
import { readCharmhubCatalogue } from './charmhub/catalogue.ts';
import { createCharmhub } from './charmhub/charmhub.ts';
import { openDirectory } from './directory.ts';
import { type Handler, json } from './exchange.ts';
import { createGithub } from './github/contents.ts';
import { createHashCache } from './hash-cache.ts';
import { readManifest } from './manifest.ts';
import { readImageCatalogue } from './oci/catalogue.ts';
import { createUploads } from './oci/push.ts';
import { createRegistry } from './oci/registry.ts';
import { createRepositories } from './oci/repositories.ts';
import { createTokenService } from './oci/tokens.ts';
import { readSnapCatalogue } from './snap-store/catalogue.ts';
import { createSnapStore } from './snap-store/snap-store.ts';
import { createTree } from './trees.ts';

export interface ProtocolOptions {
  /** Earlier ones win where two have the same thing. None: an empty registry to push to. */
  readonly dirs: readonly string[];
  readonly now?: () => Date;
  /** The registry asks for Bearer tokens of its own `/token`; they live `seconds`. */
  readonly auth?: { readonly bearer: true; readonly seconds?: number };
}

/** In the order in which they are asked; the registry last, for it takes all the rest of /v2/. */
export async function createProtocols(
  { dirs, auth, now = () => new Date() }: ProtocolOptions,
  pushFolder: (() => Promise<string>) | undefined,
): Promise<Handler[]> {
  const directories = await Promise.all(dirs.map(openDirectory));
  const sources = await Promise.all(directories.map(async (directory) => ({ directory, manifest: await readManifest(directory) })));
  const images = createRepositories(await readImageCatalogue(directories));
  return [
    ({ path, method }) => (path === '/healthz' && method === 'GET' ? json(200, { ok: true }) : undefined),
    createCharmhub(await readCharmhubCatalogue(sources), createHashCache()),
    createSnapStore(await readSnapCatalogue(sources)),
    createGithub(directories),
    createTree('apt', directories),
    createTree('pypi', directories),
    createRegistry({
      images,
      ...(pushFolder !== undefined && { uploads: createUploads(pushFolder) }),
      ...(auth !== undefined && { tokens: createTokenService({ now, ...(auth.seconds !== undefined && { seconds: auth.seconds }) }) }),
    }),
  ];
}
