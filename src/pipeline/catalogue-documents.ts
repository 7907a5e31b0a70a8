/** The shipped catalogue and what the user adds to it. */
import { readFile } from 'node:fs/promises';
import type { CatalogueDocument } from '../recipes/recipe.ts';
import { readInput } from './read-input.ts';

export async function readCatalogueDocuments(shipped: string, added: readonly string[]): Promise<CatalogueDocument[]> {
  const url = new URL(`../../bundles/${shipped}`, import.meta.url);
  const first = { file: shipped, text: await readFile(url, 'utf8') };
  return [first, ...(await Promise.all(added.map(async (file) => ({ file, text: (await readInput(file)).toString('utf8') }))))];
}
