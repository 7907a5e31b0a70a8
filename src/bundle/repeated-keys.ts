/** Keys that stand in one map more than once: sound to Juju, where the last one counts, and hardly ever meant. */
import { type Node, visit } from 'yaml';
import { follow, isMergeKey, scalarText, type Tree } from './tree.ts';

export interface RepeatedKey {
  readonly key: string;
  /** Where it stands again. */
  readonly keyNode: Node;
}

export function repeatedKeys(tree: Tree): readonly RepeatedKey[] {
  const repeated: RepeatedKey[] = [];
  visit(tree.document, {
    Map: (_, { items }) => {
      const seen = new Set<string>();
      for (const pair of items) {
        const keyNode = isMergeKey(pair.key) ? undefined : follow(tree, pair.key);
        const key = scalarText(keyNode);
        if (keyNode === null || keyNode === undefined || key === undefined) continue;
        if (seen.has(key)) repeated.push({ key, keyNode });
        seen.add(key);
      }
    },
  });
  return repeated;
}
