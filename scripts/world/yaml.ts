/** YAML as Juju reads it (1.1, merge keys), and small decoders that fail with the place (facts/charmhub-juju.md 3.1). */
import { parseAllDocuments } from 'yaml';

export type Mapping = Readonly<Record<string, unknown>>;
export type Scalar = string | number | boolean;

export function readYaml(text: string, file: string): unknown[] {
  const documents = parseAllDocuments(text, { version: '1.1', merge: true, logLevel: 'silent' });
  if (!Array.isArray(documents)) return [];
  return documents.map((document) => {
    const [error] = document.errors;
    if (error !== undefined) throw new Error(`${file}: ${error.message}`);
    return document.toJS();
  });
}

export const isMapping = (value: unknown): value is Mapping => typeof value === 'object' && value !== null && !Array.isArray(value);
export const isScalar = (value: unknown): value is Scalar => ['string', 'number', 'boolean'].includes(typeof value);

/** Absent and null are the empty mapping. */
export function mappingAt(value: unknown, where: string): Mapping {
  if (value === undefined || value === null) return {};
  if (!isMapping(value)) throw new TypeError(`${where}: wanted a mapping`);
  return value;
}

/** Absent and null are the empty list. */
export function listAt(value: unknown, where: string): readonly unknown[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw new TypeError(`${where}: wanted a list`);
  return value;
}

export function textAt(value: unknown, where: string): string {
  if (typeof value !== 'string' || value === '') throw new TypeError(`${where}: wanted a text`);
  return value;
}

export const optionalText = (value: unknown, where: string): string | undefined => (value === undefined || value === null ? undefined : textAt(value, where));
export const textsAt = (value: unknown, where: string): string[] => listAt(value, where).map((item, index) => textAt(item, `${where}[${index}]`));
