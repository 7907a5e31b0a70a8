/** What a charm's metadata says of its resources: read once a charm, when first asked. */
import { parse } from 'yaml';
import { type JsonObject, isObject, optionalString } from '../json.ts';

export interface ResourceDeclaration {
  readonly type: string;
  readonly description: string;
}

/** From the first revision of the charm whose metadata knows the resource. */
export function declarationsOf(revisions: readonly (() => Promise<string>)[]): (resource: string) => Promise<ResourceDeclaration> {
  const reading = new Map<() => Promise<string>, Promise<JsonObject>>();
  return async (resource) => {
    for (const readMetadata of revisions) {
      const known = reading.get(readMetadata) ?? readMetadata().then(resourcesIn);
      reading.set(readMetadata, known);
      const declared = (await known)[resource];
      if (isObject(declared)) return { type: optionalString(declared, 'type') ?? 'file', description: optionalString(declared, 'description') ?? '' };
    }
    return { type: 'file', description: '' };
  };
}

function resourcesIn(text: string): JsonObject {
  const metadata: unknown = parse(text, { logLevel: 'silent' });
  return isObject(metadata) && isObject(metadata['resources']) ? metadata['resources'] : {};
}
