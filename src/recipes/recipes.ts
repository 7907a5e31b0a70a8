/** The systems, in the order in which a word of the command line is offered to them; the last takes any bundle. */
import { charmedKubernetes } from './charmed-kubernetes/recipe.ts';
import { images } from './images/recipe.ts';
import type { Recipe } from './recipe.ts';

export const RECIPES: readonly Recipe[] = [images, charmedKubernetes];

export function recipeOf(system: string): Recipe {
  const recipe = RECIPES.find(({ accepts }) => accepts(system));
  if (recipe === undefined) throw new Error(`no recipe accepts ${system}`);
  return recipe;
}
