/** A raw answer that travels under sources/. */
export interface SourceFile {
  readonly path: string;
  readonly bytes: Buffer;
}
