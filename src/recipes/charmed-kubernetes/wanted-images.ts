/** Mentions of images → the images that are packed: one for each path below the site's prefix, whatever hosts it was named with. Pure. */
import { formatDigest } from '../../domain/digest.ts';
import { formatImageRef, parseImageRef, sitePath, siteTargets, type ImageRef } from '../../domain/image-ref.ts';
import type { Catalogue } from './catalogue.ts';
import { fullImageName } from '../image-names.ts';

/** Somebody asks for an image under a name. */
export interface ImageMention {
  /** As it is asked for, in full. */
  readonly name: string;
  /** Its name in the manifest, where an option of the charm puts another registry before it. */
  readonly upstream?: string;
  readonly reason: string;
  /** Who asks, when it is an application. */
  readonly application?: string;
  /** The option that names it, or would. */
  readonly option?: string;
  /** The option's text, as the charm reads it. */
  readonly value?: string;
  /** Address of the oci-image resource whose login its registry wants. */
  readonly login?: string;
}

export interface WantedImage {
  readonly name: string;
  /** Where else it can be had, in order. */
  readonly others: readonly string[];
  /** Below the prefix of the site's registry; the canonical one first. */
  readonly targets: readonly string[];
  readonly reasons: readonly string[];
  readonly login?: string;
}

type Rules = Catalogue['images'];

export function wantedImages(mentions: readonly ImageMention[], rules: Rules): WantedImage[] {
  const places = new Map<string, ImageMention[]>();
  for (const mention of mentions) {
    const place = currentPath(sitePath(parseImageRef(mention.name)), rules);
    places.set(place, [...(places.get(place) ?? []), mention]);
  }
  return [...places.values()].flatMap((group) => byDigest(group).map((each) => wantedImage(each, rules)));
}

/** Names that pin different digests are different images, though only one of them can have the tag. */
function byDigest(group: readonly ImageMention[]): ImageMention[][] {
  const digestOf = ({ name }: ImageMention): string | undefined => {
    const { digest } = parseImageRef(name);
    return digest === undefined ? undefined : formatDigest(digest);
  };
  const [first, ...rest] = [...new Set(group.map(digestOf).filter((digest) => digest !== undefined))];
  const of = (digest: string | undefined): ImageMention[] => group.filter((mention) => digestOf(mention) === digest);
  return first === undefined ? [[...group]] : [[...of(first), ...of(undefined)], ...rest.map(of)];
}

/** The pinned name, else the mirror's, else the first. */
function wantedImage(group: readonly ImageMention[], rules: Rules): WantedImage {
  const names = [...new Set(group.map(({ name }) => name))];
  const name = names.find((each) => each.includes('@')) ?? names.find((each) => isCdkName(each, rules)) ?? names[0] ?? '';
  const { digest } = parseImageRef(name);
  const pin = (ref: ImageRef): string => formatImageRef(digest === undefined ? ref : { ...ref, digest });
  const asked = [name, ...names, ...group.flatMap(({ upstream }) => upstream ?? [])].map(parseImageRef);
  // Under the old path a mirror may have it no more, under the new one not yet.
  const everywhere = asked.flatMap((ref) => [ref, ...(currentRef(ref, rules) ?? [])]);
  const targets = [name, ...names].map(parseImageRef).flatMap((ref) => targetsOf(ref, rules));
  const login = group.find((mention) => mention.login !== undefined)?.login;
  return {
    name,
    others: [...new Set(everywhere.map(pin))].filter((each) => each !== name),
    targets: [...new Set(targets)],
    reasons: [...new Set(group.map(({ reason }) => reason))],
    ...(login !== undefined && { login }),
  };
}

export const isCdkName = (name: string, { cdkNames }: Rules): boolean => cdkNames.some((prefix) => name.startsWith(prefix));

/** Its paths, and the newer path of an image that moved. */
const targetsOf = (ref: ImageRef, rules: Rules): string[] => [...siteTargets(ref), currentPath(sitePath(ref), rules)];

/** PATH:TAG with a path that was given up replaced. */
function currentPath(target: string, { moved }: Rules): string {
  const colon = target.lastIndexOf(':');
  const path = target.slice(0, colon);
  return `${Object.hasOwn(moved, path) ? moved[path] : path}${target.slice(colon)}`;
}

function currentRef(ref: ImageRef, { moved }: Rules): ImageRef[] | undefined {
  const [, prefix = '', path = ''] = /^((?:canonical\/)?cdk\/)?(.*)$/.exec(ref.path) ?? [];
  const now = Object.hasOwn(moved, path) ? moved[path] : undefined;
  return now === undefined ? undefined : [{ ...ref, path: `${prefix}${now}` }];
}

/** Two digests under one tag: what a person has to know. */
export function tagClashes(images: readonly WantedImage[]): string[] {
  const byTarget = new Map<string, string[]>();
  for (const { name, targets } of images) for (const target of targets) byTarget.set(target, [...(byTarget.get(target) ?? []), name]);
  return [...byTarget]
    .filter(([, names]) => names.length > 1)
    .map(([target, names]) => `${target} is pinned to different digests: ${names.join(', ')}; the site's registry can have only one of them under its tag`);
}

/** A name out of a list, a template or an option; without a host it is below the mirror. */
export const mention = (name: string, reason: string, rules: Rules): ImageMention => ({ name: fullImageName(name, rules), reason });
