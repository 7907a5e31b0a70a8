/** Names that meet at one path of the site's registry: one image when they are the same, a collision when not. Pure. */
import { formatDigest, sameDigest } from '../../domain/digest.ts';
import { ShrinkwrapError, type Problem } from '../../domain/errors.ts';
import { parseImageRef, sitePath, siteTargets } from '../../domain/image-ref.ts';
import type { ResolvedImage } from '../../domain/releases.ts';
import type { ImageFact } from '../image-artifacts.ts';
import type { FoundImage } from './resolve-images.ts';

/** INPUT_INVALID with every pair that would overwrite each other. */
export function uniteImages(found: readonly FoundImage[]): ImageFact[] {
  const united = new Map<string, ImageFact>();
  const problems: Problem[] = [];
  for (const image of found) {
    const ref = parseImageRef(image.name);
    const place = `${image.arch}\t${sitePath(ref)}`;
    const present = united.get(place);
    const fact = { ...image, targets: siteTargets(ref) };
    if (present === undefined) united.set(place, fact);
    else if (isSame(present.resolved, image.resolved)) united.set(place, merged(present, fact));
    else problems.push(collision(sitePath(ref), present, image));
  }
  if (problems.length > 0) throw new ShrinkwrapError('INPUT_INVALID', { what: 'image list', problems });
  return [...united.values()];
}

/** A name that pins an index brings all of it, so the index has to be the same too. */
function isSame(a: ResolvedImage, b: ResolvedImage): boolean {
  if (!sameDigest(a.manifest.digest, b.manifest.digest)) return false;
  const pinned = [a, b].some(({ whole }) => whole !== undefined);
  return !pinned || (a.index !== undefined && b.index !== undefined && sameDigest(a.index.digest, b.index.digest));
}

/** Under the name that pins more, else under the first. */
function merged(first: ImageFact, second: ImageFact): ImageFact {
  const kept = first.resolved.whole === undefined && second.resolved.whole !== undefined ? second : first;
  return {
    ...kept,
    targets: [...new Set([...first.targets, ...second.targets])],
    reasons: [...new Set([...first.reasons, ...second.reasons])],
  };
}

function collision(target: string, ...images: readonly (FoundImage | ImageFact)[]): Problem {
  const told = images.map(({ name, reasons, resolved }) => `${name} (${reasons.join(', ')}; ${formatDigest(resolved.manifest.digest)})`);
  return { code: 'collision', message: `${told.join(' and ')} would both be ${target} at the site; --exclude one of them` };
}
