/** Gets one manifest or index: the bytes as they are, hashed, and what they say. */
import { createHash } from 'node:crypto';
import type { Descriptor } from '../../domain/artifact.ts';
import { type Digest, digest as digestOf, formatDigest, sameDigest } from '../../domain/digest.ts';
import { isShrinkwrapError, ShrinkwrapError } from '../../domain/errors.ts';
import type { HttpResponse } from '../http.ts';
import { readBytes } from '../read-body.ts';
import { decodeDocument, type Document } from './document.ts';
import type { Endpoint } from './endpoint.ts';
import { ACCEPT } from './media-types.ts';
import { fewPullsLeft } from './pull-quota.ts';
import type { Answer, Session } from './session.ts';

/** The verified bytes of a blob, where they are at hand. */
export type Stored = (blob: Descriptor) => Promise<Buffer | undefined>;

/** Who asks, and where. */
export interface Reader {
  readonly session: Session;
  readonly endpoint: Endpoint;
  readonly note: (message: string) => void;
  /** Told what the user should know before it is too late. */
  readonly warn?: (message: string) => void;
  /** What an earlier run has kept. */
  readonly stored?: Stored;
  /** Take charts and other artifacts for images. */
  readonly artifacts?: boolean;
  readonly signal: AbortSignal;
}

export interface FetchedDocument {
  readonly bytes: Buffer;
  readonly digest: Digest;
  readonly document: Document;
  readonly url: string;
}

/** Registries take manifests of 4 MiB; what is longer is no manifest (facts/oci.md 1.1). */
const LIMIT_BYTES = 4 * 1024 * 1024;
const TRIES = 3;

export async function fetchDocument(
  reader: Reader,
  wanted: { readonly tag: string } | { readonly digest: Digest },
): Promise<FetchedDocument | { readonly absent: string }> {
  const { session, endpoint, note, warn, signal, artifacts = false } = reader;
  const reference = 'tag' in wanted ? wanted.tag : formatDigest(wanted.digest);
  const url = endpoint.url('manifests', reference).replace(/\?.*$/, '');
  const answer = await readAnswer(() => session({ endpoint, kind: 'manifests', reference, headers: { accept: ACCEPT }, signal }));
  if ('absent' in answer) return answer;
  const { response, bytes } = answer;
  const few = fewPullsLeft(endpoint.account, response);
  if (few !== undefined) warn?.(few);
  const what = `${endpoint.repository}${'tag' in wanted ? ':' : '@'}${reference}`;
  const digest = sha256(bytes);
  const mismatch = (field: string, expected: string): never => {
    throw new ShrinkwrapError('INTEGRITY_MISMATCH', { what, field, wanted: expected, found: formatDigest(digest) });
  };
  if ('digest' in wanted && !sameDigest(wanted.digest, digest)) mismatch('digest', reference);
  // Only SHOULD be there, and may be of another algorithm; where it can be compared it must be true (facts/oci.md 1.3).
  const claimed = response.headers['docker-content-digest'];
  if (claimed?.startsWith('sha256:') === true && claimed !== formatDigest(digest)) mismatch('Docker-Content-Digest', claimed);
  for (const text of warnings(response)) note(`${endpoint.repository}: ${text}`);
  return { bytes, digest, document: decodeDocument(bytes, response.headers['content-type'] ?? '', { url, artifacts }), url };
}

/** A body that breaks off is asked for again, which Http cannot do once it has handed it out. */
async function readAnswer(ask: () => Promise<Answer>): Promise<{ readonly response: HttpResponse; readonly bytes: Buffer } | { readonly absent: string }> {
  for (let attempt = 1; ; attempt += 1) {
    const answer = await ask();
    if ('absent' in answer) return answer;
    try {
      return { response: answer.response, bytes: await readBytes(answer.response, LIMIT_BYTES) };
    } catch (error) {
      if (!isShrinkwrapError(error) || error.code !== 'NETWORK_UNREACHABLE' || attempt === TRIES) throw error;
    }
  }
}

const sha256 = (bytes: Buffer): Digest => digestOf('sha256', createHash('sha256').update(bytes).digest('hex'));

/** `Warning: 299 - "text"`: how a registry announces what will end (facts/oci.md 1.3). */
const warnings = ({ headers }: HttpResponse): string[] =>
  [...(headers['warning'] ?? '').matchAll(/299 \S+ "((?:[^"\\]|\\.)*)"/g)].map(([, text = '']) => text.replaceAll(/\\(.)/g, '$1'));
