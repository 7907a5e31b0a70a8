/** Where in the base and its overlays something of a merged bundle stands. */
import type { Relation } from './bundle.ts';
import type { BundlePart } from './read.ts';
import { locate, type Place } from './tree.ts';

export type Path = readonly (string | number)[];

export interface Places {
  /** The last part that writes the path, else one that writes as much of it as possible. */
  at(path: Path): Place | { readonly file?: string };
  ofRelation(relation: Relation): Place | { readonly file?: string };
}

export function placesOf(parts: readonly BundlePart[]): Places {
  const lastFirst = parts.toReversed();
  const [base] = parts;
  // What is not written anywhere is missing from the base as a whole.
  const nowhere = base === undefined ? {} : base.tree.placeAt(0);
  const find = (path: Path): Place | undefined => {
    for (const { tree, bundle } of lastFirst) {
      const place = locate(tree, bundle.legacyServices === true && path[0] === 'applications' ? ['services', ...path.slice(1)] : path);
      if (place !== undefined) return place;
    }
    return path.length > 1 ? find(path.slice(0, -1)) : undefined;
  };
  return {
    at: (path) => find(path) ?? nowhere,
    // Merging passes relations on as they are, so one that two parts have is told apart by identity.
    ofRelation: (relation) => {
      const part = parts.find(({ bundle }) => bundle.relations.includes(relation));
      return (part === undefined ? undefined : locate(part.tree, ['relations', part.bundle.relations.indexOf(relation)])) ?? nowhere;
    },
  };
}
