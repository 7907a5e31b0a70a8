/** What the catalogue says of the names of images: which are CDK names, and where those have gone. */
import { ShrinkwrapError } from '../../domain/errors.ts';
import { record, stringMap, strings } from '../catalogue-fields.ts';
import type { ImageNaming } from '../image-names.ts';
import type { CatalogueDocument } from '../recipe.ts';

export type ListNaming = Pick<ImageNaming, 'sources' | 'cdkNames' | 'archSuffixes'>;

/** A later document's `images` replaces an earlier one's, key by key. INPUT_INVALID with the document. */
export async function readNaming(documents: readonly CatalogueDocument[]): Promise<ListNaming> {
  const images: Record<string, unknown> = {};
  for (const document of documents) {
    const { file } = document;
    try {
      const root = record(await valueOf(document), file);
      Object.assign(images, record(root['images'] ?? {}, `${file}: images`));
    } catch (error) {
      throw refusal(file, error);
    }
  }
  try {
    return {
      sources: strings(images['sources'], 'images.sources'),
      cdkNames: strings(images['cdkNames'], 'images.cdkNames'),
      archSuffixes: stringMap(images['archSuffixes'], 'images.archSuffixes'),
    };
  } catch (error) {
    throw refusal(documents.map(({ file }) => file).join(', '), error);
  }
}

/** Loading a reader of YAML takes as long as fetching ten megabytes; what ships is JSON. */
async function valueOf({ file, text }: CatalogueDocument): Promise<unknown> {
  if (file.endsWith('.json')) return JSON.parse(text);
  return (await import('yaml')).parse(text, { merge: true });
}

const refusal = (file: string, error: unknown): ShrinkwrapError =>
  new ShrinkwrapError('INPUT_INVALID', {
    what: 'the catalogue',
    problems: [{ file, code: 'catalogue', message: error instanceof Error ? error.message : String(error) }],
  });
