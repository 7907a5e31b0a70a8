/** Decodes what a registry calls a manifest: an image, or an index of images. The bytes are never written again, so the digest stays. */
import type { Platform } from '../../domain/arch.ts';
import type { Descriptor } from '../../domain/artifact.ts';
import { type Digest, parseDigest } from '../../domain/digest.ts';
import { ShrinkwrapError } from '../../domain/errors.ts';
import { isImageConfig } from '../../domain/image-config-type.ts';
import { bareType, type DocumentKind, kindOf, OCI_TYPE } from './media-types.ts';
import type { IndexEntry } from './select-platform.ts';

export type Document =
  | { readonly kind: 'index'; readonly mediaType: string; readonly entries: readonly IndexEntry[] }
  | { readonly kind: 'manifest'; readonly mediaType: string; readonly config: Descriptor; readonly layers: readonly Descriptor[] };

type Fail = (path: string, wanted: string, found: unknown) => never;
type Fields = Readonly<Record<string, unknown>>;

export interface DecodeOptions {
  /** For the error alone. */
  readonly url: string;
  /** Charts, signatures and the like are refused unless the caller can carry them. */
  readonly artifacts?: boolean;
}

/** Throws UPSTREAM_ANSWER with the place of what is wrong. */
export function decodeDocument(bytes: Buffer, contentType: string, { url, artifacts = false }: DecodeOptions): Document {
  const fail: Fail = (path, wanted, found) => {
    throw new ShrinkwrapError('UPSTREAM_ANSWER', { url, path, wanted, found: describe(found) });
  };
  const parsed = parseJson(bytes);
  const fields = isFields(parsed) ? parsed : fail('', 'a JSON object', bytes.subarray(0, 60).toString('utf8'));
  const { kind, mediaType } = identify(fields, contentType, fail);
  if (kind === 'schema1') return fail('schemaVersion', '2; schema 1 is retired, the publisher has to push the image again', fields['schemaVersion']);
  if (kind === 'index')
    return { kind, mediaType, entries: list(fields['manifests'], 'manifests', fail).map((entry, at) => decodeEntry(entry, `manifests[${at}]`, fail)) };
  const config = decodeDescriptor(fields['config'], 'config', fail);
  if (!artifacts && !isImageConfig(config.mediaType)) fail('config.mediaType', 'the config of an image', config.mediaType);
  const layers = list(fields['layers'], 'layers', fail).map((layer, at) => decodeDescriptor(layer, `layers[${at}]`, fail));
  const encrypted = layers.find(({ mediaType: type }) => type.endsWith('+encrypted'));
  if (encrypted !== undefined) fail('layers', 'layers without encryption', encrypted.mediaType);
  return { kind, mediaType, config, layers };
}

/** The body's own word first, then Content-Type, then the shape; where two of them disagree nobody is believed (facts/oci.md 1.2). */
function identify(fields: Fields, contentType: string, fail: Fail): { kind: DocumentKind; mediaType: string } {
  if (fields['schemaVersion'] === 1 || Array.isArray(fields['fsLayers'])) return { kind: 'schema1', mediaType: '' };
  const isIndex = fields['manifests'] !== undefined;
  const isImage = fields['config'] !== undefined || fields['layers'] !== undefined;
  if (isIndex && isImage) fail('', 'either an index or an image', 'both `manifests` and `config` or `layers`');
  const shape = isIndex ? 'index' : isImage ? 'manifest' : fail('', '`manifests`, or `config` and `layers`', Object.keys(fields).join(', '));
  // A proxy or a plain file server may say application/json; that is no claim about the kind.
  const served = kindOf(bareType(contentType)) === undefined ? undefined : bareType(contentType);
  const own = fields['mediaType'];
  if (own !== undefined && (typeof own !== 'string' || kindOf(own) === undefined)) fail('mediaType', 'the type of an image or an index', own);
  const mediaType = typeof own === 'string' ? own : (served ?? OCI_TYPE[shape]);
  if (served !== undefined && served !== mediaType) fail('mediaType', `${served} as in Content-Type`, mediaType);
  if (kindOf(mediaType) !== shape) fail('mediaType', `the type of an ${shape === 'index' ? 'index' : 'image'}, which the document is`, mediaType);
  return { kind: shape, mediaType };
}

function decodeEntry(value: unknown, path: string, fail: Fail): IndexEntry {
  const descriptor = decodeDescriptor(value, path, fail);
  const fields = isFields(value) ? value : {};
  const annotations = isFields(fields['annotations']) ? fields['annotations'] : {};
  const platform = fields['platform'] === undefined || fields['platform'] === null ? undefined : decodePlatform(fields['platform'], `${path}.platform`, fail);
  return {
    ...descriptor,
    ...(platform !== undefined && { platform }),
    annotations: new Map(Object.entries(annotations).flatMap(([name, text]) => (typeof text === 'string' ? [[name, text] as const] : []))),
  };
}

function decodePlatform(value: unknown, path: string, fail: Fail): Platform {
  const fields = isFields(value) ? value : fail(path, 'an object', value);
  const { os, architecture, variant } = { os: fields['os'], architecture: fields['architecture'], variant: fields['variant'] };
  if (typeof os !== 'string' || typeof architecture !== 'string') return fail(path, 'os and architecture', JSON.stringify(value));
  return { os, architecture, ...(typeof variant === 'string' && variant !== '' && { variant }) };
}

function decodeDescriptor(value: unknown, path: string, fail: Fail): Descriptor {
  const fields = isFields(value) ? value : fail(path, 'a descriptor', value);
  const { mediaType = '', size } = { mediaType: fields['mediaType'], size: fields['size'] };
  if (typeof mediaType !== 'string') return fail(`${path}.mediaType`, 'a media type', mediaType);
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0) return fail(`${path}.size`, 'a number of bytes', size);
  const urls = Array.isArray(fields['urls']) ? fields['urls'].filter((one) => typeof one === 'string' && /^https?:\/\//i.test(one)) : [];
  return { mediaType, digest: decodeDigest(fields['digest'], `${path}.digest`, fail), size, ...(urls.length > 0 && { urls }) };
}

/** sha512 is legal and unused; the archive's layout and every engine below want sha256 (docs/archive-format.md). */
function decodeDigest(value: unknown, path: string, fail: Fail): Digest {
  return typeof value === 'string' && /^sha256:[0-9a-f]{64}$/.test(value) ? parseDigest(value) : fail(path, 'sha256:<64 lower-case hex>', value);
}

const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value);

const list = (value: unknown, path: string, fail: Fail): readonly unknown[] => (Array.isArray(value) ? value : fail(path, 'a list', value));

function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return undefined;
  }
}

const describe = (found: unknown): string => (typeof found === 'string' ? found : (JSON.stringify(found) ?? 'nothing')).slice(0, 200);
