/** Every option once: flags, environment, shrinkwrap.yaml, --help and the docs come from this table. */

export const VERBS = ['pack', 'plan', 'bundle', 'why', 'serve', 'mirror', 'rehearse', 'verify'] as const;
export type Verb = (typeof VERBS)[number];

export interface Option {
  readonly short?: string;
  /** Other spellings that keep working. */
  readonly aliases?: readonly string[];
  /** A switch that is on unless somebody says `--no-NAME`. */
  readonly negatable?: true;
  /** What stands after the flag in --help; absent for a switch. */
  readonly value?: string;
  readonly repeatable?: true;
  readonly group: 'what' | 'where from' | 'where to' | 'how' | 'output';
  readonly verbs: readonly Verb[];
  readonly help: string;
}

const PACKING = ['pack', 'plan'] as const;
const ALL = VERBS;
/** Verbs that answer once, with a document where --json asks for one. */
const ANSWERING = ['pack', 'plan', 'bundle', 'why', 'mirror', 'rehearse', 'verify'] as const;
/** Verbs that ask registries. */
const REGISTRIES = ['pack', 'plan', 'mirror'] as const;
const TRUSTING = ['pack', 'plan', 'verify'] as const;

export const OPTIONS = {
  channel: { short: 'c', value: 'CHANNEL', group: 'what', verbs: PACKING, help: 'TRACK/RISK[/BRANCH] of the bundle' },
  arch: {
    short: 'a',
    aliases: ['architecture'],
    value: 'ARCH',
    repeatable: true,
    group: 'what',
    verbs: REGISTRIES,
    help: 'architectures of the site, Debian names (default amd64); mirror: of a list only this one',
  },
  base: { value: 'BASE', group: 'what', verbs: PACKING, help: 'ubuntu@22.04, where neither bundle nor application says one' },
  overlay: {
    value: 'NAME|FILE',
    repeatable: true,
    group: 'what',
    verbs: ['pack', 'plan', 'bundle'],
    help: 'official overlay by name, or a file; merged in this order (bundle: files only)',
  },
  'correct-overlays': { group: 'what', verbs: PACKING, help: 'mend official overlays that do not fit the charms of the track' },
  'map-charmstore': { group: 'what', verbs: PACKING, help: 'take cs: charms from Charmhub, where they live now' },
  'reviewed-only': { group: 'what', verbs: PACKING, help: 'refuse charms and tracks that the catalogue was not reviewed for' },
  'from-list': {
    value: 'FILE',
    repeatable: true,
    group: 'what',
    verbs: PACKING,
    help: 'images: a list with one reference a line (- for stdin)',
  },
  'registry-prefix': { value: 'PREFIX', group: 'what', verbs: PACKING, help: 'images: only those that begin with it' },
  exclude: { value: 'GLOB', repeatable: true, group: 'what', verbs: PACKING, help: 'images: not those that match (* and ?, whole reference)' },
  gpu: { group: 'what', verbs: PACKING, help: "leave the detection of GPUs on (the site needs NVIDIA's repositories)" },
  'skip-resources': { group: 'what', verbs: PACKING, help: 'leave out charm resources' },
  'skip-snaps': { group: 'what', verbs: PACKING, help: 'leave out snaps' },
  'skip-containers': { group: 'what', verbs: PACKING, help: 'leave out container images' },
  'skip-apt': { group: 'what', verbs: PACKING, help: 'leave out the APT manifest' },
  'skip-pypi': { group: 'what', verbs: PACKING, help: 'leave out the PyPI manifest' },
  'with-registry': {
    negatable: true,
    group: 'what',
    verbs: PACKING,
    help: 'the image of a registry for a site that has none, and what its machine installs (taken where it can be had; with the flag it must be)',
  },
  snap: {
    value: 'NAME[=CHANNEL]',
    repeatable: true,
    group: 'what',
    verbs: TRUSTING,
    help: 'a snap beside those that are needed (default: stable of its default track); verify: the FILE that the assertions speak of',
  },
  assert: { value: 'FILE', repeatable: true, group: 'what', verbs: ['verify'], help: 'assertions in which keys and accounts may stand' },
  'snap-channel': {
    value: 'NAME=CHANNEL',
    repeatable: true,
    group: 'what',
    verbs: PACKING,
    help: 'take this snap (a base, say) from another channel',
  },
  strict: { group: 'what', verbs: ['verify'], help: 'refuse snaps whose root only the archive itself brings' },
  'allow-incomplete-images': { group: 'what', verbs: PACKING, help: 'pack a track whose image lists are incomplete, and what add-ons would lack' },
  'image-format': {
    value: 'FORMAT',
    group: 'what',
    verbs: PACKING,
    help: 'tgz: a file for each image (default); layout: one OCI layout, smaller where images share layers',
  },
  registry: { value: 'HOST[:PORT]', group: 'what', verbs: PACKING, help: "bake the site's registry into bundle.yaml (http://HOST for plain http)" },
  plan: { value: 'FILE', group: 'what', verbs: ['pack'], help: 'pack exactly this plan' },
  catalogue: { value: 'FILE', repeatable: true, group: 'what', verbs: PACKING, help: 'add curated knowledge to the built-in catalogue' },
  'image-source': { value: 'HOST/PATH', repeatable: true, group: 'where from', verbs: PACKING, help: 'where CDK images are asked for, in order' },
  'bundle-repo': { value: 'URL|DIR', group: 'where from', verbs: PACKING, help: 'GitHub API root, or a checkout of charmed-kubernetes/bundle' },
  'charmhub-url': { value: 'URL', group: 'where from', verbs: PACKING, help: 'Charmhub, or a mirror of it' },
  'snap-store-url': { value: 'URL', group: 'where from', verbs: PACKING, help: 'snap store, or a mirror of it' },
  'registry-mirror': {
    value: 'HOST=URL',
    repeatable: true,
    group: 'where from',
    verbs: REGISTRIES,
    help: 'ask URL for the images of HOST (HOST * is every other)',
  },
  'insecure-registry': {
    value: 'HOST',
    repeatable: true,
    group: 'where from',
    verbs: REGISTRIES,
    help: 'do not check the certificate of this registry, and speak plain http where it has none',
  },
  'registry-ca': {
    value: 'HOST=FILE',
    repeatable: true,
    group: 'where from',
    verbs: REGISTRIES,
    help: 'PEM file of certificate authorities to trust for this host alone',
  },
  'snap-trust': { value: 'FILE', repeatable: true, group: 'where from', verbs: TRUSTING, help: "add roots of snap assertions to Canonical's" },
  'max-format': {
    value: 'TYPE=N',
    repeatable: true,
    group: 'where from',
    verbs: [...TRUSTING, 'rehearse'],
    help: "newest format of a type of assertion that the site's snapd reads (default snap-declaration=5, for snapd 2.54 on)",
  },
  'snap-store-id': { value: 'ID', group: 'where from', verbs: PACKING, help: 'brand store to ask; its login comes from SHRINKWRAP_SNAP_AUTH' },
  'ca-file': { value: 'FILE', group: 'where from', verbs: REGISTRIES, help: 'PEM file of certificate authorities to trust as well' },
  output: {
    short: 'o',
    value: 'FILE|DIR/',
    group: 'where to',
    verbs: PACKING,
    help: 'the archive (default build/NAME-TRACK/…), or where plan writes its lock file',
  },
  'use-path': {
    short: 'd',
    aliases: ['use_path'],
    value: 'DIR',
    group: 'where to',
    verbs: ['pack'],
    help: 'build the unpacked tree in DIR, keep and reuse it',
  },
  'skip-tar-gz': { group: 'where to', verbs: ['pack'], help: 'with --use-path: no archive, DIR is the result' },
  compression: { value: '0..9', group: 'where to', verbs: ['pack'], help: 'for what is not compressed already (default 6)' },
  'cache-dir': { value: 'DIR', group: 'how', verbs: PACKING, help: 'where downloads are kept (default $XDG_CACHE_HOME/shrinkwrap)' },
  'no-cache': { group: 'how', verbs: PACKING, help: 'keep nothing after this run' },
  jobs: { short: 'j', value: 'N', group: 'how', verbs: REGISTRIES, help: 'downloads, or uploads of mirror, at a time (default 6)' },
  retries: { value: 'N', group: 'how', verbs: REGISTRIES, help: 'tries for one request (default 5)' },
  'keep-going': {
    group: 'how',
    verbs: ['pack', 'mirror'],
    help: 'fetch what can be fetched, list the rest, exit 8 (mirror: exit 8 instead of the first failure)',
  },
  'dry-run': { group: 'how', verbs: ['pack', 'mirror'], help: 'the same as the verb plan; mirror: list what would go where' },
  listen: { value: 'ADDR:PORT', group: 'how', verbs: ['serve'], help: 'where to listen (default 127.0.0.1:0, any free port)' },
  json: { group: 'output', verbs: ANSWERING, help: 'one JSON document on stdout' },
  events: { group: 'output', verbs: ANSWERING, help: 'progress as NDJSON on stderr' },
  quiet: { short: 'q', group: 'output', verbs: ALL, help: 'warnings and errors only' },
  verbose: { short: 'v', group: 'output', verbs: ALL, help: 'say more' },
  color: { value: 'WHEN', group: 'output', verbs: ALL, help: 'auto, always or never' },
  debug: { group: 'output', verbs: ALL, help: 'stack traces with errors' },
  help: { short: 'h', group: 'output', verbs: ALL, help: 'this text' },
  version: { short: 'V', group: 'output', verbs: ALL, help: 'version of shrinkwrap, Node and undici' },
} as const satisfies Readonly<Record<string, Option>>;

export type OptionName = keyof typeof OPTIONS;

export const optionOf = (name: OptionName): Option => OPTIONS[name];

export const OPTION_NAMES = Object.keys(OPTIONS) as readonly OptionName[];

/** `SHRINKWRAP_SNAP_STORE_URL` for `--snap-store-url`. */
export const environmentName = (name: OptionName): string => `SHRINKWRAP_${name.toUpperCase().replaceAll('-', '_')}`;
