/** Images of any list, and nothing else. */
import { ShrinkwrapError } from '../../domain/errors.ts';
import type { Recipe } from '../recipe.ts';
import { listedImages } from './listed-images.ts';
import { readNaming } from './naming.ts';
import { planOf } from './plan.ts';
import { resolveImages } from './resolve-images.ts';
import { uniteImages } from './unite-images.ts';

export const images: Recipe = {
  id: 'images',
  summary: 'container images of any list: --from-list FILE',
  catalogues: ['images.json'],
  accepts: (system) => system === 'images',
  takes: ['channel', 'archs', 'imageSources', 'lists', 'registryPrefix', 'excludes'],
  async plan(request, documents, upstream) {
    const { lists = [], archs } = request;
    if (lists.length === 0)
      throw new ShrinkwrapError('USAGE_BAD', { message: 'images needs a list', hint: 'shrinkwrap images --from-list FILE (- for stdin)' });
    const naming = await readNaming(documents);
    const listed = listedImages(lists, request);
    upstream.report({ type: 'note', message: `${listed.images.length} images in ${lists.length} ${lists.length === 1 ? 'list' : 'lists'}` });
    const sources = request.imageSources.length > 0 ? request.imageSources : naming.sources;
    const { found, warnings } = await resolveImages(listed.images, { archs, sources, naming }, upstream);
    return planOf({ lists, images: uniteImages(found), warnings: [...listed.warnings, ...warnings] }, { ...request, imageSources: sources });
  },
};
