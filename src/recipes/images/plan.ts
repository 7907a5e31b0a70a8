/** Images that were found → plan. Pure: the same lists and answers give the same plan, byte for byte. */
import { formatChannel, parseChannel } from '../../domain/channel.ts';
import { isImageConfig } from '../../domain/image-config-type.ts';
import { PLAN_FORMAT, type Plan, type PlanFile, type PlanRequest } from '../../domain/plan.ts';
import { byCodeUnit, sortedBy } from '../../domain/sorted.ts';
import { archiveTable } from '../archive-table.ts';
import { imageArtifacts, type ImageFact } from '../image-artifacts.ts';
import { imagesTable } from '../images-table.ts';
import { indexFiles } from '../index-files.ts';
import { layoutFiles, placeImages } from '../layout-files.ts';
import { totalsOf } from '../plan-totals.ts';
import { siteIndexFiles } from '../site-index-files.ts';
import type { NamedList, RecipeRequest } from '../recipe.ts';
import { planFile } from '../source-file.ts';
import { listNames } from '../list-names.ts';

const NAME = 'images';

export interface ImagesFacts {
  readonly lists: readonly NamedList[];
  readonly images: readonly ImageFact[];
  readonly warnings: readonly string[];
}

export function planOf({ lists, images, warnings }: ImagesFacts, request: RecipeRequest): Plan {
  const sorted = sortedBy(images, ({ name, arch }) => `${name}\t${arch}`);
  const artifacts = placeImages(imageArtifacts(sorted), request.imageFormat);
  const names = listNames(lists.map(({ file }) => file));
  const archive = archiveOf(request);
  const { track, risk, branch } = archive;
  const channel = [track, risk, ...(branch === undefined ? [] : [branch])].join('/');
  const files: PlanFile[] = [
    imagesTable(artifacts),
    ...siteIndexFiles(artifacts, request.imageFormat),
    ...layoutFiles(artifacts, request.imageFormat),
    archiveTable({ name: NAME, track, channel, archs: request.archs.join(',') }),
    ...lists.map(({ bytes }, index) => planFile({ path: `sources/lists/${names[index] ?? ''}`, bytes })),
    ...indexFiles(sorted),
  ];
  return {
    format: PLAN_FORMAT,
    request: planRequest(request, names),
    archive,
    bases: [],
    warnings: [...new Set([...warnings, ...sorted.flatMap(imageWarnings)])].toSorted(byCodeUnit),
    artifacts: sortedBy(artifacts, ({ path }) => path),
    files: sortedBy(new Map(files.map((file) => [file.path, file])).values(), ({ path }) => path),
    totals: totalsOf(artifacts),
  };
}

function archiveOf({ channel }: RecipeRequest): Plan['archive'] {
  return { name: NAME, ...(channel === undefined ? { track: 'local', risk: 'stable' as const } : parseChannel(channel)) };
}

/** Paths of this machine stay here: a list goes by its name. */
function planRequest({ channel, archs, imageSources, imageFormat, registryPrefix, excludes = [] }: RecipeRequest, lists: readonly string[]): PlanRequest {
  return {
    system: NAME,
    ...(channel !== undefined && { channel: formatChannel(parseChannel(channel)) }),
    archs,
    overlays: [],
    skip: [],
    imageSources,
    ...(imageFormat !== undefined && { imageFormat }),
    lists,
    ...(registryPrefix !== undefined && { registryPrefix }),
    ...(excludes.length > 0 && { excludes }),
  };
}

const imageWarnings = ({ name, resolved: { config, warnings } }: ImageFact): string[] =>
  isImageConfig(config.mediaType) ? [...warnings] : [`${name} is no image but ${config.mediaType}: a registry takes it, no engine loads it`];
