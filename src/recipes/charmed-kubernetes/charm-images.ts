/** The images that a charm names itself, in its manifests, templates, code and options (facts/offline-deploy.md 1.5 T2, T3; 1.7). Pure. */
import semver from 'semver';
import { formatImageRef, parseImageRef } from '../../domain/image-ref.ts';
import { byCodeUnit } from '../../domain/sorted.ts';
import type { Catalogue } from './catalogue.ts';
import { configDefault, textDefaults } from './charm-config.ts';
import type { CharmFact } from './facts.ts';
import { fullImageName } from '../image-names.ts';
import { isImage, manifestImages, templateImages, type NamedImage } from './manifest-images.ts';
import type { OptionOf } from './snaps.ts';
import type { ImageMention } from './wanted-images.ts';

export interface CharmImages {
  readonly mentions: readonly ImageMention[];
  readonly warnings: readonly string[];
}

export function charmImages(charms: readonly CharmFact[], optionOf: OptionOf, catalogue: Catalogue): CharmImages {
  const parts = charms.flatMap((charm) => charm.applications.map((application) => imagesOf(charm, application, optionOf, catalogue)));
  return { mentions: parts.flatMap(({ mentions }) => mentions), warnings: [...new Set(parts.flatMap(({ warnings }) => warnings))] };
}

type Rules = Catalogue['images'];

function imagesOf(charm: CharmFact, application: string, optionOf: OptionOf, catalogue: Catalogue): CharmImages {
  const { images: rules } = catalogue;
  const { release, files } = charm;
  const customer = rules.customer.find(({ charms }) => charms.includes(release.name));
  if (customer !== undefined) return { mentions: [], warnings: [`images of charm ${release.name} (${application}) are not packed: ${customer.why}`] };
  const who = `charm ${release.name} r${release.revision} (${application})`;
  const asked = askedRelease(charm, application, optionOf, rules);
  const found = manifestImages(files.texts, asked?.release);
  const fromFiles = [...found.images, ...templateImages(files.texts)].map((named) => deployed(named, charm, application, who, rules));
  return {
    mentions: [...fromFiles, ...optionImages(charm, application, optionOf, who, catalogue), ...codeImages(charm, application, who, rules)],
    warnings: found.releaseFound
      ? []
      : [`${who}: option ${asked?.option ?? ''} is ${asked?.release ?? ''}, which is none of the releases it carries: ${found.releases.join(', ')}`],
  };
}

/** The bundle's option, else the charm's default; without either the `version` file decides. */
function askedRelease({ release: { configYaml } }: CharmFact, application: string, optionOf: OptionOf, rules: Rules) {
  const asked = rules.releaseOptions.map((option) => ({ option, release: optionOf(application, option) ?? configDefault(configYaml, option) }));
  return asked.find((each): each is { option: string; release: string } => each.release !== undefined && each.release !== '');
}

/**
 * The name that the charm makes of a name in its manifests: with an `image-registry` the text before the first slash is replaced (facts/offline-deploy.md 2.7).
 * The charm's default tells the public name; what the bundle sets is the site's and cannot be asked from here.
 */
function deployed({ image, file }: NamedImage, { release }: CharmFact, application: string, who: string, rules: Rules): ImageMention {
  const registry = configDefault(release.configYaml, 'image-registry');
  const upstream = formatImageRef(parseImageRef(image));
  const rest = image.includes('/') ? image.slice(image.indexOf('/') + 1) : image;
  const name = registry === undefined ? upstream : fullImageName(`${registry}/${rest}`, rules);
  return { name, ...(name !== upstream && { upstream }), reason: `${who}: ${file}`, application };
}

function codeImages({ release: { name: charm }, files }: CharmFact, application: string, who: string, rules: Rules): ImageMention[] {
  return rules.code
    .filter(({ charms }) => charms.includes(charm))
    .flatMap(({ pattern, option }) =>
      [...files.texts]
        .filter(([file]) => file.endsWith('.py'))
        .flatMap(([file, text]) =>
          newestFirst([...text.matchAll(pattern)].map(([image]) => image)).map((image) => ({
            name: fullImageName(image, rules),
            reason: `${who}: ${file}`,
            application,
            ...(option !== undefined && { option }),
          })),
        ),
    );
}

const newestFirst = (images: readonly string[]): string[] =>
  [...new Set(images)].toSorted((a, b) => semver.rcompare(versionOf(a), versionOf(b)) || byCodeUnit(a, b));
const versionOf = (image: string): string => semver.coerce(image.slice(image.lastIndexOf(':') + 1))?.version ?? '0.0.0';

/** Options that name an image of a known registry; one called `…-image` may name any, without a host as docker does. */
function optionImages(
  { release: { configYaml } }: CharmFact,
  application: string,
  optionOf: OptionOf,
  who: string,
  { images: rules, registryMirrors: registries }: Catalogue,
): ImageMention[] {
  return [...textDefaults(configYaml)].flatMap(([option, byDefault]) => {
    const set = optionOf(application, option);
    const value = set ?? byDefault;
    // Taints look like images too: `node-role.kubernetes.io/control-plane:NoSchedule`.
    const isRegistry = registries.includes(value.slice(0, value.indexOf('/')));
    if (!isImage(value) || !(isRegistry || /(?:^|[-_])image$/.test(option))) return [];
    const name = fullImageName(formatImageRef(parseImageRef(value)), rules);
    return [{ name, reason: `${who}: option ${option} ${set === undefined ? 'of config.yaml' : 'of the bundle'}`, application, option, value }];
  });
}
