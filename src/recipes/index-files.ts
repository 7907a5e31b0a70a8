/** The raw indexes of images, by their digests: with them a tag answers behind the air gap what it answered here. Pure. */
import type { PlanFile } from '../domain/plan.ts';
import type { ImageFact } from './image-artifacts.ts';
import { planFile } from './source-file.ts';

export const indexFiles = (images: readonly Pick<ImageFact, 'resolved'>[]): PlanFile[] =>
  images.flatMap(({ resolved: { index } }) =>
    index === undefined ? [] : [planFile({ path: `sources/images/sha256-${index.digest.hex}.json`, bytes: index.bytes })],
  );
