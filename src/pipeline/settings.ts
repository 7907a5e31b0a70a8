/** How a run reaches the world and what it trusts: everything that is not part of the plan's request. */
import type { MaxFormat } from '../assertion/assertion.ts';

export interface Settings {
  /** `shrinkwrap 0.1.0`. */
  readonly tool: string;
  readonly charmhubUrl: string;
  readonly snapStoreUrl: string;
  /** API root, or a directory. */
  readonly bundleRepo: string;
  /** HOST → base URL that is asked instead. */
  readonly registryMirrors: ReadonlyMap<string, string>;
  readonly insecureRegistries: ReadonlySet<string>;
  readonly proxy: { readonly httpProxy?: string; readonly httpsProxy?: string; readonly noProxy?: string };
  /** Where the files and helpers of docker and podman are looked for: HOME, DOCKER_CONFIG and the like. Nothing else is read of it. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** HOST → PEM of authorities that are trusted for this host alone. */
  readonly registryCas?: ReadonlyMap<string, string>;
  /** PEM. */
  readonly caText?: string;
  /** Streams of assertions that are roots beside Canonical's. */
  readonly snapTrust: readonly { readonly file: string; readonly bytes: Buffer }[];
  /** Newest formats of assertions that the snapd of the site understands, where they differ from the default. */
  readonly maxFormat?: MaxFormat;
  /** Header value with a login to the store, for private snaps: never logged, never written. */
  readonly snapAuthorization?: string;
  /** Brand store to ask instead of the global one. */
  readonly snapStoreId?: string;
  readonly cacheDir: string;
  /** The cache directory goes when the run ends. */
  readonly ephemeralCache: boolean;
  readonly jobs: number;
  readonly retries: number;
  readonly keepGoing: boolean;
  /** Pack without images that add-ons would ask for. */
  readonly allowIncompleteImages: boolean;
  /** PATH: where programs of this machine are looked for. */
  readonly toolPath: string;
  /** The clock: keys are judged by it. */
  readonly now: Date;
  /** SOURCE_DATE_EPOCH, else now: the date in names and in the archive. */
  readonly date: Date;
}

export const PRODUCTION = {
  charmhub: 'https://api.charmhub.io',
  snapStore: 'https://api.snapcraft.io',
  github: 'https://api.github.com',
} as const;
