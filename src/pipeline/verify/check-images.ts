/** Image files from the inside: the right name, the manifest of the plan, every blob that it names and each what its name says. */
import type { ListedArtifact } from './check-manifest.ts';
import { fieldsOf } from './check-manifest.ts';
import type { Findings } from './findings.ts';

export function checkImages(artifacts: readonly ListedArtifact[], { files, blame }: Findings): void {
  for (const { path, name, fields } of artifacts.filter(({ kind }) => kind === 'image')) {
    const image = files.get(path)?.image;
    if (image === undefined) continue;
    if ('problem' in image) {
      blame(path, 'altered', { expected: 'an image file', found: image.problem });
      continue;
    }
    const digest = `sha256:${image.manifestDigest.hex}`;
    if (digest !== fields['manifest']) blame(path, 'altered', { expected: `manifest ${String(fields['manifest'])}`, found: `manifest ${digest}` });
    if (image.reference !== name) blame(path, 'altered', { expected: `image ${name}`, found: `image ${image.reference}` });
    const absent = blobsOf(image.manifestBytes).find((hex) => !image.blobs.has(hex));
    if (absent !== undefined) blame(path, 'altered', { expected: `blob sha256:${absent}`, found: 'no such blob in it' });
  }
}

/** Config and layers. A manifest that cannot be read has the right digest all the same: it is what the registry served. */
function blobsOf(manifest: Buffer | undefined): string[] {
  let document: Readonly<Record<string, unknown>> = {};
  try {
    document = fieldsOf(JSON.parse(manifest?.toString('utf8') ?? '{}'));
  } catch {
    return [];
  }
  const layers = Array.isArray(document['layers']) ? document['layers'] : [];
  return [document['config'], ...layers].flatMap((blob) => {
    const { digest } = fieldsOf(blob);
    return typeof digest === 'string' && digest.startsWith('sha256:') ? [digest.slice('sha256:'.length)] : [];
  });
}
