/** Images in the manifests that an ops charm carries: which release it deploys, and what that names (facts/offline-deploy.md 1.7). Pure. */
import { parseAllDocuments } from 'yaml';
import semver from 'semver';
import { sortedBy } from '../../domain/sorted.ts';

/** Texts of a charm by path. */
export type CharmTexts = ReadonlyMap<string, string>;

export interface NamedImage {
  readonly image: string;
  /** The file of the charm. */
  readonly file: string;
}

export interface ManifestImages {
  readonly images: readonly NamedImage[];
  /** Whether the asked release was found in at least one tree; true when none was asked or there is no tree. */
  readonly releaseFound: boolean;
  /** Releases that the charm carries. */
  readonly releases: readonly string[];
}

/** `upstream/NAME/manifests/RELEASE/FILE`: of each NAME the asked release, else the one in `version`, else the newest. */
export function manifestImages(texts: CharmTexts, asked: string | undefined): ManifestImages {
  const trees = new Map<string, Map<string, string[]>>();
  for (const path of texts.keys()) {
    const match = /^upstream\/([^/]+)\/manifests\/([^/]+)\/.+$/.exec(path);
    if (match?.[1] === undefined || match[2] === undefined) continue;
    const releases = trees.get(match[1]) ?? new Map<string, string[]>();
    trees.set(match[1], releases.set(match[2], [...(releases.get(match[2]) ?? []), path]));
  }
  let releaseFound = asked === undefined || trees.size === 0;
  const files = [...trees].flatMap(([name, releases]) => {
    const names = [...releases.keys()];
    const wanted = asked === undefined ? undefined : sameRelease(names, asked);
    releaseFound ||= wanted !== undefined;
    const chosen = wanted ?? sameRelease(names, texts.get(`upstream/${name}/version`)?.trim() ?? '') ?? newest(names);
    return chosen === undefined ? [] : (releases.get(chosen) ?? []);
  });
  return {
    images: files.flatMap((file) => imagesOfYaml(texts.get(file) ?? '').map((image) => ({ image, file }))),
    releaseFound,
    releases: [...new Set([...trees.values()].flatMap((releases) => [...releases.keys()]))].toSorted(),
  };
}

/** Mind the optional `v` in the names of directories. */
const sameRelease = (names: readonly string[], release: string): string | undefined =>
  names.find((name) => name === release) ?? names.find((name) => name.replace(/^v/, '') === release.replace(/^v/, ''));

const newest = (names: readonly string[]): string | undefined =>
  sortedBy(names, (name) => name).toSorted((a, b) => semver.rcompare(semver.coerce(a) ?? '0.0.0', semver.coerce(b) ?? '0.0.0'))[0];

/** Templates are no YAML before they are rendered. */
export const templateImages = (texts: CharmTexts): NamedImage[] =>
  [...texts].filter(([file]) => /^(?:src\/)?templates\//.test(file)).flatMap(([file, text]) => imagesOfTemplate(text).map((image) => ({ image, file })));

/** Every scalar `image:` of every document, at any depth. */
export function imagesOfYaml(text: string): string[] {
  const images = new Set<string>();
  const collect = (value: unknown): void => {
    if (Array.isArray(value)) value.forEach(collect);
    if (typeof value !== 'object' || value === null) return;
    for (const [key, each] of Object.entries(value)) {
      if (key === 'image' && typeof each === 'string' && isImage(each.trim())) images.add(each.trim());
      else collect(each);
    }
  };
  // Parsing is slow, and definitions of resources are long: only documents that name an image are read.
  for (const part of text.split(/^---(?=\s|$)/m).filter((each) => /\bimage\b/.test(each))) {
    const documents = parseAllDocuments(part, { version: '1.1', merge: true, logLevel: 'silent' });
    if (!Array.isArray(documents) || documents.some(({ errors }) => errors.length > 0)) imagesOfTemplate(part).forEach((image) => images.add(image));
    else for (const document of documents) collect(document.toJS({ maxAliasCount: -1 }));
  }
  return [...images];
}

/** `image: HOST/PATH:TAG`, with what a template puts before the path taken away. */
export function imagesOfTemplate(text: string): string[] {
  const found = [...text.matchAll(/(?:^|[\s{,-])["']?image["']?[ \t]*:[ \t]*["']?((?:\{\{[^}\n]*\}\}|[^\s"'#,}])+)/gm)].map(([, value = '']) =>
    value.replace(/\{\{[^}]*\}\}\/?/g, ''),
  );
  return [...new Set(found.filter(isImage))];
}

/** A tag or a digest at the end: what has none is a field of another kind or a template's. */
export const isImage = (text: string): boolean =>
  /^(?:[A-Za-z0-9.-]+(?::\d+)?\/)?[a-z0-9]+(?:[._/-]+[a-z0-9]+)*(?::[A-Za-z0-9_][\w.-]{0,127}|@sha256:[0-9a-f]{64}|:[A-Za-z0-9_][\w.-]{0,127}@sha256:[0-9a-f]{64})$/.test(
    text,
  );
