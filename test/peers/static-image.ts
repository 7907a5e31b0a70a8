/** An image with one static program, busybox, pushed into a registry by hand: what an engine can run without anything of ours in it. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

export interface StaticImage {
  readonly digest: string;
  readonly manifest: Buffer;
}

const OCI = 'application/vnd.oci.image';
const sha256 = (bytes: Buffer): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

/** `base` is http://HOST:PORT; `authorize` gives the header for a scope. */
export async function pushStaticImage(
  directory: string,
  base: string,
  name: string,
  tag: string,
  authorize: () => Promise<string | undefined> = () => Promise.resolve(undefined),
): Promise<StaticImage> {
  const root = join(directory, 'rootfs');
  mkdirSync(join(root, 'bin'), { recursive: true });
  copyFileSync(execFileSync('/bin/sh', ['-c', 'command -v busybox'], { encoding: 'utf8' }).trim(), join(root, 'bin', 'busybox'));
  const tar = execFileSync('tar', ['-C', root, '--owner=0', '--group=0', '--mtime=@0', '--mode=0755', '-cf', '-', 'bin/busybox'], { maxBuffer: 1 << 26 });
  const layer = gzipSync(tar);
  const config = Buffer.from(
    JSON.stringify({
      architecture: 'amd64',
      os: 'linux',
      config: { Entrypoint: ['/bin/busybox'], Cmd: ['echo', 'it runs'] },
      rootfs: { type: 'layers', diff_ids: [sha256(tar)] },
    }),
  );
  const descriptor = (mediaType: string, bytes: Buffer) => ({ mediaType, digest: sha256(bytes), size: bytes.length });
  // Indented, so that a tool that writes the manifest anew changes the digest.
  const manifest = Buffer.from(
    JSON.stringify(
      {
        schemaVersion: 2,
        mediaType: `${OCI}.manifest.v1+json`,
        config: descriptor(`${OCI}.config.v1+json`, config),
        layers: [descriptor(`${OCI}.layer.v1.tar+gzip`, layer)],
      },
      null,
      3,
    ),
  );
  const send = async (url: string, method: string, body: Buffer | undefined, type = 'application/octet-stream'): Promise<Response> => {
    const authorization = await authorize();
    const headers = { 'content-type': type, ...(authorization !== undefined && { authorization }) };
    const answer = await fetch(url, { method, headers, ...(body !== undefined && { body: new Uint8Array(body) }) });
    if (!answer.ok) throw new Error(`${method} ${url}: ${answer.status} ${await answer.text()}`);
    return answer;
  };
  for (const blob of [layer, config]) {
    const opened = await send(`${base}/v2/${name}/blobs/uploads/`, 'POST', undefined);
    const place = new URL(opened.headers.get('location') ?? '', base);
    place.searchParams.set('digest', sha256(blob));
    await send(place.href, 'PUT', blob);
  }
  await send(`${base}/v2/${name}/manifests/${tag}`, 'PUT', manifest, `${OCI}.manifest.v1+json`);
  return { digest: sha256(manifest), manifest };
}
