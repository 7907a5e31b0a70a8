/** discover → plan: what would be fetched, as a value. */
import { topDirectory } from '../domain/archive-name.ts';
import type { Plan } from '../domain/plan.ts';
import type { RecipeRequest } from '../recipes/recipe.ts';
import { recipeOf } from '../recipes/recipes.ts';
import { checkPaths } from '../assemble/entry.ts';
import { readCatalogueDocuments } from './catalogue-documents.ts';
import type { Session } from './session.ts';

export interface PlanOptions {
  readonly request: RecipeRequest;
  /** Catalogue files of the user. */
  readonly catalogues: readonly string[];
}

export async function makePlan({ request, catalogues }: PlanOptions, { upstream, report }: Session): Promise<Plan> {
  const recipe = recipeOf(request.system);
  report({ type: 'stage', stage: 'discover', state: 'start', detail: request.system });
  const documents = await readCatalogueDocuments(recipe.catalogues, catalogues);
  const plan = await recipe.plan(request, documents, upstream);
  report({ type: 'stage', stage: 'discover', state: 'done' });
  report({ type: 'stage', stage: 'plan', state: 'start' });
  checkPaths(
    [...plan.artifacts, ...plan.files].map(({ path }) => path),
    topDirectory(plan.archive),
  );
  for (const message of plan.warnings) report({ type: 'warning', code: 'plan', message });
  report({ type: 'stage', stage: 'plan', state: 'done', detail: `${plan.totals.artifacts} artifacts` });
  return plan;
}
