/** Images from the inside: the right name, what the plan said it names, and every blob that its documents name. */
import { parseDigest } from '../../domain/digest.ts';
import { loadedName, parseImageRef } from '../../domain/image-ref.ts';
import type { ListedArtifact } from './check-manifest.ts';
import { fieldsOf } from './check-manifest.ts';
import type { Findings } from './findings.ts';
import { isLayoutDocument, layoutBlobs, layoutImage } from './layout-image.ts';

export function checkImages(artifacts: readonly ListedArtifact[], { files, blame }: Findings): void {
  const blobs = layoutBlobs(files);
  for (const [hex, { path, digests }] of blobs) {
    if (digests['sha256'] !== hex) blame(path, 'altered', { expected: `sha256 ${hex}, says its name`, found: `sha256 ${digests['sha256'] ?? ''}` });
  }
  for (const { path, name, fields } of artifacts.filter(({ kind }) => kind === 'image')) {
    const wanted = fields['children'] === undefined ? fields['manifest'] : fields['index'];
    const row = { path, manifest: String(fields['manifest']), wanted: String(wanted) };
    const image = isLayoutDocument(path) ? layoutImage(row, files, blobs) : files.get(path)?.image;
    if (image === undefined) continue;
    if ('problem' in image) {
      blame(path, 'altered', { expected: 'an image file', found: image.problem });
      continue;
    }
    const digest = `sha256:${image.digest.hex}`;
    if (digest !== wanted) blame(path, 'altered', { expected: `manifest ${String(wanted)}`, found: `manifest ${digest}` });
    const expected = nameOf(name, fields['manifest']);
    if (image.reference !== expected) blame(path, 'altered', { expected: `image ${expected}`, found: `image ${image.reference}` });
    const needed = [...image.documents.values()].flatMap(referencesOf);
    const absent = [fields['manifest'], ...listOf(fields['children'])]
      .flatMap(hexOf)
      .concat(needed)
      .find((hex) => !image.blobs.has(hex));
    if (absent !== undefined) blame(path, 'altered', { expected: `blob sha256:${absent}`, found: 'no such blob in it' });
  }
}

/** A name or digest that is none is what the row says all the same. */
function nameOf(name: string, manifest: unknown): string {
  try {
    return loadedName(parseImageRef(name), parseDigest(String(manifest)));
  } catch {
    return name;
  }
}

/** Config and layers, or the manifests of an index. What cannot be read has the right digest all the same: it is what the registry served. */
function referencesOf(bytes: Buffer): string[] {
  let document: Readonly<Record<string, unknown>> = {};
  try {
    document = fieldsOf(JSON.parse(bytes.toString('utf8')));
  } catch {
    return [];
  }
  return [document['config'], ...listOf(document['layers']), ...listOf(document['manifests'])].flatMap((part) => hexOf(fieldsOf(part)['digest']));
}

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

const hexOf = (digest: unknown): string[] => (typeof digest === 'string' && digest.startsWith('sha256:') ? [digest.slice('sha256:'.length)] : []);
