/** A bundle's text with its local files at other places: scalars are replaced where they stand, everything else keeps its bytes. Pure. */
import { isMap, isScalar, type Node } from 'yaml';
import { readCharm } from './charm-url.ts';
import type { BundlePart, BundleText } from './read.ts';
import { applySplices, type Splice } from './splice.ts';
import { toScalarYaml } from './to-yaml.ts';
import { entries, rangeOf, scalarText } from './tree.ts';

/** The new place of an application's charm, or of one of its resources; undefined leaves it. */
export type Relocate = (application: string, resource?: string) => string | undefined;

export function relocate({ text, base, overlays }: BundleText, to: Relocate): string {
  const splices = new Map([base, ...overlays].flatMap((part) => partSplices(part, to)).map((splice) => [splice.start, splice]));
  return applySplices(text, [...splices.values()], '\n');
}

function partSplices({ tree, bundle }: BundlePart, to: Relocate): Splice[] {
  const below = (node: Node | null | undefined): ReturnType<typeof entries> => (isMap(node) ? entries(tree, node) : []);
  const at = (node: Node | null | undefined, key: string): Node | null | undefined => below(node).find((entry) => entry.key === key)?.value;
  const applications = at(tree.document.contents, bundle.legacyServices === true ? 'services' : 'applications');
  return below(applications).flatMap(({ key: application, value }) => {
    const charm = at(value, 'charm');
    const isLocal = readCharm(scalarText(charm) ?? '').kind === 'local';
    const resources = below(at(value, 'resources')).flatMap(({ key, value: path }) => (isText(path) ? splice(path, to(application, key)) : []));
    return [...(isLocal ? splice(charm, to(application)) : []), ...resources];
  });
}

const isText = (node: unknown): boolean => isScalar(node) && typeof node.value === 'string';

function splice(node: Node | null | undefined, text: string | undefined): Splice[] {
  const [start, end] = rangeOf(node);
  const written = text === undefined ? undefined : toScalarYaml(text);
  return written === undefined || end <= start || !isScalar(node) || node.type === 'BLOCK_LITERAL' || node.type === 'BLOCK_FOLDED'
    ? []
    : [{ start, end, text: written }];
}
