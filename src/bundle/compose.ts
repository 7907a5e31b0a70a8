/** Base and overlays to one verified bundle, in Juju's order: the base alone first, so that an overlay cannot mend it. */
import type { Problem } from '../domain/errors.ts';
import type { Bundle } from './bundle.ts';
import { mergeBundle, OVERLAY_SERVICES } from './overlay.ts';
import { type Places, placesOf } from './places.ts';
import { type BundlePart, type BundleText, refuseProblems } from './read.ts';
import { locate } from './tree.ts';
import { verifyBundle } from './verify.ts';

export interface Composed {
  readonly bundle: Bundle;
  /** Where things of the merged bundle stand in the texts it came from. */
  readonly places: Places;
  readonly warnings: readonly Problem[];
}

/** Throws INPUT_INVALID with every problem of the base, the overlays and what they make together. */
export function composeBundle(base: BundleText, overlays: readonly BundleText[]): Composed {
  const { composed, problems } = tryCompose(base, overlays);
  refuseProblems('bundle', problems);
  return composed;
}

/** The same for a caller that wants to look at the problems. */
export function tryCompose(base: BundleText, overlays: readonly BundleText[]): { composed: Composed; problems: readonly Problem[] } {
  const sections = [...base.overlays, ...overlays.flatMap((overlay) => [overlay.base, ...overlay.overlays])];
  const legacy = sections.filter((part) => part.bundle.legacyServices === true);
  const usable = sections.filter((part) => part.bundle.legacyServices !== true);
  const bundle = mergeBundle(
    base.base.bundle,
    usable.map((part) => part.bundle),
  );
  const places = placesOf([base.base, ...usable]);
  const alone = verifyBundle(base.base.bundle, placesOf([base.base]), { alone: true });
  const together = sections.length === 0 ? [] : verifyBundle(bundle, places, { alone: false });
  const told = new Set(alone.map(({ message }) => message));
  const problems = [...legacy.map(servicesProblem), ...alone, ...together.filter(({ message }) => !told.has(message))];
  return { composed: { bundle, places, warnings: [base, ...overlays].flatMap(({ warnings }) => warnings) }, problems };
}

function servicesProblem({ tree }: BundlePart): Problem {
  return { ...(locate(tree, ['services']) ?? { file: tree.file }), code: 'overlay-services', message: OVERLAY_SERVICES };
}
