/** What the catalogue says of the names of images; it is the one of Juju bundles, which knows CDK names and where they have gone. */
import { parse } from 'yaml';
import { ShrinkwrapError } from '../../domain/errors.ts';
import { record, stringMap, strings } from '../catalogue-fields.ts';
import type { ImageNaming } from '../image-names.ts';
import type { CatalogueDocument } from '../recipe.ts';

export type ListNaming = Pick<ImageNaming, 'sources' | 'cdkNames' | 'archSuffixes'>;

/** A later document's `images` replaces an earlier one's. INPUT_INVALID with the document. */
export function readNaming(documents: readonly CatalogueDocument[]): ListNaming {
  let images: Record<string, unknown> = {};
  for (const { file, text } of documents) {
    try {
      const root = record(parse(text, { merge: true }), file);
      if (root['images'] !== undefined) images = record(root['images'], `${file}: images`);
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

const refusal = (file: string, error: unknown): ShrinkwrapError =>
  new ShrinkwrapError('INPUT_INVALID', {
    what: 'the catalogue',
    problems: [{ file, code: 'catalogue', message: error instanceof Error ? error.message : String(error) }],
  });
