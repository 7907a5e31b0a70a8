/** The bundle repository, over GitHub's contents API or in a checkout of it (facts/charmhub-juju.md 5.5, 6.4). */
import { fileURLToPath } from 'node:url';
import type { Http } from './http.ts';
import { createCheckout } from './bundle-repository/checkout.ts';
import { createContents } from './bundle-repository/contents.ts';

export interface BundleRepository {
  /** Names in a folder, sorted. `undefined`: no such folder or no such ref. */
  list(path: string, ref?: string): Promise<readonly string[] | undefined>;
  /** `undefined`: no such file or no such ref. */
  read(path: string, ref?: string): Promise<Buffer | undefined>;
}

export interface BundleRepositoryOptions {
  readonly http: Http;
  /** API root to which `/repos/OWNER/REPO/contents/…` is appended, or the directory of a checkout, whose ref is what it is. */
  readonly source: string;
  readonly owner?: string;
  readonly repo?: string;
  readonly signal?: AbortSignal;
}

export function createBundleRepository({ http, source, owner = 'charmed-kubernetes', repo = 'bundle', signal }: BundleRepositoryOptions): BundleRepository {
  if (/^https?:\/\//i.test(source)) return createContents({ http, repository: { root: source, owner, repo }, ...(signal !== undefined && { signal }) });
  return createCheckout(source.startsWith('file:') ? fileURLToPath(source) : source);
}
