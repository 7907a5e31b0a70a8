/** A raw answer that travels under sources/. */
import type { PlanFile } from '../domain/plan.ts';

export interface SourceFile {
  readonly path: string;
  readonly bytes: Buffer;
}

/** As text where the bytes are text, else base64: a raw answer must come back byte for byte. */
export function planFile({ path, bytes }: SourceFile): PlanFile {
  const text = bytes.toString('utf8');
  return Buffer.from(text).equals(bytes) ? { path, text } : { path, text: bytes.toString('base64'), encoding: 'base64' };
}
