/** Small but true contents for the file resources of charms. */
import { createHash } from 'node:crypto';
import { layerTar } from './layer-tar.ts';
import { storedGzipOf } from './stored-gzip-of.ts';

/** Above the 10 KB below which easyrsa and checkers take a resource for a placeholder (facts/charmhub-juju.md 4.6). */
const FILLER_BYTES = 12 * 1024;

/** An archive for `.tgz` and `.tar.gz`, a script for everything else. */
export async function resourceBytes(charm: string, resource: string, filename: string, version: string): Promise<Buffer> {
  const text = `#!/bin/sh\necho "${resource} of ${charm}, ${version}"\n`;
  const filler = fillerBytes(`${charm} ${resource} ${version}`, FILLER_BYTES);
  if (!/\.(?:tgz|tar\.gz)$/.test(filename)) return Buffer.concat([Buffer.from(text), Buffer.from(`# ${filler.toString('hex')}\n`)]);
  return storedGzipOf(
    layerTar([
      { path: `${resource}/run`, bytes: Buffer.from(text) },
      { path: `${resource}/data`, bytes: filler },
      ...(AT_LEAST_A_MILLION.test(filename) ? [{ path: `${resource}/rest`, bytes: Buffer.alloc(1_000_000) }] : []),
    ]),
  );
}

/** What charms refuse below (facts/charmhub-juju.md 4.6). */
const AT_LEAST_A_MILLION = /^(?:cni\.tgz|cni-plugins\.tar\.gz|calico\.tar\.gz|flannel\.tar\.gz|nginx-prometheus-exporter\.tar\.gz)$/;

/** Bytes without pattern, the same for the same text. */
export function fillerBytes(text: string, length: number): Buffer {
  const blocks = Array.from({ length: Math.ceil(length / 64) }, (_, index) => createHash('sha512').update(`${text} ${index}`).digest());
  return Buffer.concat(blocks).subarray(0, length);
}
