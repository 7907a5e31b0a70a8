/** Charmhub's description of a revision -> domain values; what may go into names, paths and addresses is checked here. */
import { formatChannel, parseChannel } from '../../domain/channel.ts';
import { digest } from '../../domain/digest.ts';
import { isShrinkwrapError } from '../../domain/errors.ts';
import type { CharmRelease, Download, ResourceRelease } from '../../domain/releases.ts';
import type { JsonReader } from '../json-reader.ts';
import type { CharmhubAddresses } from './addresses.ts';

const isName = (text: string): boolean => /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/.test(text);
const isId = (text: string): boolean => /^[A-Za-z0-9]{1,64}$/.test(text);
const isResourceName = (text: string): boolean => /^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(text);
const isWord = (text: string): boolean => /^[A-Za-z0-9][A-Za-z0-9.+~_-]*$/.test(text);

export const decodeName = (reader: JsonReader): string => reader.textOf('a charm name', isName);
export const decodeId = (reader: JsonReader): string => reader.textOf('a Charmhub id', isId);
export const optionalText = (reader: JsonReader): string => (reader.isAbsent() ? '' : reader.text());

/** `stable` and `latest/stable` are the same; the full name comes out. */
export function decodeChannel(reader: JsonReader): string {
  const text = reader.text();
  try {
    return formatChannel(parseChannel(text));
  } catch (error) {
    if (isShrinkwrapError(error)) return reader.refuse('a channel');
    throw error;
  }
}

export interface BaseRow {
  readonly name: string;
  readonly channel: string;
  readonly architecture: string;
}

/** Entries may be null; a channel may carry a risk (facts/charmhub-juju.md 1.4, 1.5). */
export function decodeBases(list: JsonReader): BaseRow[] {
  return list.isAbsent() ? [] : list.list().flatMap((row) => (row.isAbsent() ? [] : decodeBase(row)));
}

export function decodeBase(row: JsonReader): BaseRow {
  const word = (name: string): string => row.at(name).textOf('a word', (text) => text.split('/').every(isWord));
  return { name: word('name'), channel: word('channel').replace(/\/.*$/, ''), architecture: word('architecture') };
}

export function decodeDownload(download: JsonReader, addresses: CharmhubAddresses): Download {
  const source = addresses.toSource(download.at('url').text());
  if (source === undefined) return download.at('url').refuse('an https address');
  const hex = download.at('hash-sha-256').textOf('64 lower-case hex digits', (text) => /^[0-9a-f]{64}$/.test(text));
  return { source, size: download.at('size').integer(0), digest: digest('sha256', hex) };
}

export function decodeResources(list: JsonReader, addresses: CharmhubAddresses): ResourceRelease[] {
  if (list.isAbsent()) return [];
  return list.list().map((resource) => ({
    name: resource.at('name').textOf('a resource name', isResourceName),
    type: decodeType(resource.at('type')),
    filename: resource.at('filename').isAbsent() ? '' : resource.at('filename').textOf('a file name without directory', isFileName),
    revision: resource.at('revision').integer(0),
    download: decodeDownload(resource.at('download'), addresses),
  }));
}

function decodeType(reader: JsonReader): ResourceRelease['type'] {
  const type = reader.text();
  return type === 'file' || type === 'oci-image' ? type : reader.refuse('"file" or "oci-image"');
}

/** Empty for an image, which is no file. */
// oxlint-disable-next-line no-control-regex
const isFileName = (text: string): boolean => !/[/\\\u0000-\u001f]/.test(text) && text !== '.' && text !== '..';

/** What `refresh` calls `charm` and `info` calls `revision`. */
export function decodeRevision(
  revision: JsonReader,
  addresses: CharmhubAddresses,
): Pick<CharmRelease, 'revision' | 'version' | 'bases' | 'download' | 'metadataYaml' | 'configYaml'> {
  const number = revision.at('revision').integer(0);
  const version = optionalText(revision.at('version'));
  return {
    revision: number,
    version: version === '' ? String(number) : version,
    bases: decodeBases(revision.at('bases')),
    download: decodeDownload(revision.at('download'), addresses),
    metadataYaml: optionalText(revision.at('metadata-yaml')),
    configYaml: optionalText(revision.at('config-yaml')),
  };
}
