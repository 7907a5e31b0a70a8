/** A tar in which nothing depends on machine or moment. */
import { TAR_END, tarHeader, tarPadding } from '#src/assemble/tar-header.js';

export interface TarFile {
  readonly path: string;
  readonly bytes: Buffer;
}

export const layerTar = (files: readonly TarFile[]): Buffer =>
  Buffer.concat([...files.flatMap(({ path, bytes }) => [tarHeader(path, bytes.length), bytes, Buffer.alloc(tarPadding(bytes.length))]), TAR_END]);
