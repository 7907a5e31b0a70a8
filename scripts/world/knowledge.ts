/** charms.yaml and snaps.yaml for one track: blocks with the eras that hold laid over them. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isWithin } from './track.ts';
import { isMapping, listAt, type Mapping, mappingAt, optionalText, readYaml, textsAt } from './yaml.ts';

export interface Knowledge {
  /** The block of a charm on a track; undefined for an unknown charm. */
  charm(name: string, track: string): Mapping | undefined;
  /** Everything that a charm had on any track: its block with all eras, taken-away entries included. */
  everHad(name: string): readonly Mapping[];
  /** Family of a charm: unknown ones are `other`. */
  family(name: string): { readonly tracks: boolean };
  snap(name: string, track: string): Mapping;
  /** Names of all known snaps that every world has. */
  readonly baseSnaps: readonly string[];
  readonly wheelhouse: readonly string[];
  readonly snapResources: Mapping;
  /** Bases of a family where a charm says nothing of its own. */
  familyBases(name: string, track: string): readonly string[];
}

/** Compiled or not, the data lies in the source tree. */
const FOLDER = join(import.meta.dirname, '../../../scripts/world');
const BASE_SNAPS = ['snapd', 'core', 'core18', 'core20', 'core22', 'core24', 'lxd'];

/** `added` is a file like charms.yaml: its blocks are laid over those of the same charms, as an era is. */
export async function readKnowledge(added?: string, folder = FOLDER): Promise<Knowledge> {
  const [charms, snaps] = await Promise.all([readTable(join(folder, 'charms.yaml')), readTable(join(folder, 'snaps.yaml'))]);
  const more = added === undefined ? {} : mappingAt((await readTable(added))['charms'], added);
  const blocks = { ...mappingAt(charms['charms'], 'charms') };
  for (const [name, era] of Object.entries(more)) {
    const block = mappingAt(blocks[name], name);
    blocks[name] = { ...block, eras: [...listAt(block['eras'], `${name}: eras`), era] };
  }
  const families = mappingAt(charms['families'], 'families');
  const snapBlocks = mappingAt(snaps['snaps'], 'snaps');
  const familyOf = (name: string): Mapping => mappingAt(families[optionalText(mappingAt(blocks[name], name)['family'], name) ?? 'other'], 'families');
  return {
    charm: (name, track) => (isMapping(blocks[name]) ? blockAt(blocks[name], track, name) : undefined),
    everHad: (name) => (isMapping(blocks[name]) ? [blocks[name], ...listAt(blocks[name]['eras'], name).map((era) => mappingAt(era, name))] : []),
    family: (name) => ({ tracks: familyOf(name)['tracks'] === true }),
    snap: (name, track) => blockAt(mappingAt(snapBlocks[name], name), track, name),
    baseSnaps: BASE_SNAPS,
    wheelhouse: textsAt(charms['wheelhouse'], 'wheelhouse'),
    snapResources: mappingAt(charms['snapResources'], 'snapResources'),
    familyBases: (name, track) => textsAt(blockAt(familyOf(name), track, 'families')['bases'], `bases of ${name}`),
  };
}

async function readTable(path: string): Promise<Mapping> {
  const [table] = readYaml(await readFile(path, 'utf8'), path);
  return mappingAt(table, path);
}

/** Eras in their order over the block. */
export function blockAt({ eras, ...block }: Mapping, track: string, where: string): Mapping {
  const holding = listAt(eras, `${where}: eras`)
    .map((era) => mappingAt(era, `${where}: eras`))
    .filter((era) => isWithin(track, rangeOf(era, where)));
  return holding.reduce((sum: Mapping, { from: _, until: __, ...era }) => overlay(sum, era), block);
}

function rangeOf(era: Mapping, where: string): { from?: string; until?: string } {
  const [from, until] = [optionalText(era['from'], `${where}: from`), optionalText(era['until'], `${where}: until`)];
  return { ...(from !== undefined && { from }), ...(until !== undefined && { until }) };
}

/** Maps are united one level deep, null takes an entry away; everything else is replaced. */
function overlay(block: Mapping, era: Mapping): Mapping {
  const united = Object.entries(era).map(([key, value]): [string, unknown] => {
    const present = block[key];
    if (!isMapping(value) || !isMapping(present)) return [key, value];
    return [key, Object.fromEntries(Object.entries({ ...present, ...value }).filter(([, entry]) => entry !== null))];
  });
  return { ...block, ...Object.fromEntries(united) };
}
