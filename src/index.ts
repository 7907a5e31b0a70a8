/** The library door: what the command line is made of, without a terminal. */
export { makePlan } from './pipeline/make-plan.ts';
export { pack } from './pipeline/pack.ts';
export { archivePath, type Destination, type Packed } from './pipeline/destination.ts';
export { mirrorSource, type MirrorRun, type MirrorSource } from './pipeline/mirror/mirror-source.ts';
export type { MirroredImage, MirrorReport } from './pipeline/mirror/mirror.ts';
export { readPlan } from './pipeline/read-plan.ts';
export { openSession } from './pipeline/session.ts';
export { PRODUCTION, type Settings } from './pipeline/settings.ts';
export type { Plan } from './domain/plan.ts';
export type { Artifact } from './domain/artifact.ts';
export type { Event } from './domain/events.ts';
export type { RecipeRequest } from './recipes/recipe.ts';
export { ShrinkwrapError, type Code } from './domain/errors.ts';
