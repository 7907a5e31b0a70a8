/** The shipped catalogue and what the user adds to it. */
import { readFile } from 'node:fs/promises';
import type { CatalogueDocument } from '../recipes/recipe.ts';
import { readInput } from './read-input.ts';

export async function readCatalogueDocuments(shipped: readonly string[], added: readonly string[]): Promise<CatalogueDocument[]> {
  const own = (file: string): Promise<Buffer> => readFile(new URL(`../../bundles/${file}`, import.meta.url));
  const read = (files: readonly string[], reader: (file: string) => Promise<Buffer>): Promise<CatalogueDocument>[] =>
    files.map(async (file) => ({ file, text: (await reader(file)).toString('utf8') }));
  return Promise.all([...read(shipped, own), ...read(added, readInput)]);
}
