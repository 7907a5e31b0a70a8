/** A bundle on Charmhub: a zip whose bundle.yaml is all that is wanted (facts/charmhub-juju.md 1.8). */
import { createHash } from 'node:crypto';
import { ShrinkwrapError } from '../../domain/errors.ts';
import type { BundleRelease, Download } from '../../domain/releases.ts';
import { sendForBytes } from '../read-body.ts';
import { redactUrl } from '../redact-url.ts';
import { readZip } from '../zip-entries.ts';
import { decodeChannel, decodeDownload, decodeId, decodeName, optionalText } from './decode-charm.ts';
import { askRelease, notFound } from './info.ts';
import { baseOf, install } from './refresh.ts';
import { refusedRelease } from './refused.ts';
import type { CharmhubSession } from './session.ts';

const LIMIT = 16 * 1024 * 1024;
/** A bundle is for every base, so that any real one will do. */
const BASE = { name: 'ubuntu', channel: '22.04' };

export async function readBundleRelease(session: CharmhubSession, name: string, channel?: string): Promise<BundleRelease> {
  const wanted = channel ?? (await defaultChannel(session, name));
  const found = await install(session, [{ name, channel: wanted, base: baseOf(BASE, 'amd64') }]);
  if (found === undefined) return bundleFromInfo(session, name, wanted);
  const [installed] = found;
  if (installed === undefined) throw new Error('one result an action');
  if ('refused' in installed) throw await refusedRelease(session, { what: 'bundle', name, asked: `${name} ${wanted}` }, installed);
  const { result } = installed;
  const bundle = result.at('charm');
  assertBundle(session, name, bundle.at('type').text());
  const revision = bundle.at('revision').integer(0);
  const text =
    (await downloadText(session, name, decodeDownload(bundle.at('download'), session.addresses))) ?? (await textFromInfo(session, name, wanted, revision));
  const effective = result.at('effective-channel');
  return {
    name: decodeName(bundle.at('name')),
    id: decodeId(bundle.at('id')),
    revision,
    channel: effective.isAbsent() ? wanted : decodeChannel(effective),
    text,
  };
}

async function defaultChannel(session: CharmhubSession, name: string): Promise<string> {
  const info = await askRelease(session, 'bundle', name);
  assertBundle(session, name, info.at('type').text());
  return decodeChannel(info.at('default-release').at('channel').at('name'));
}

function assertBundle(session: CharmhubSession, name: string, type: string): void {
  if (type !== 'bundle') throw notFound(session, 'bundle', `${name}, which is a ${type},`, []);
}

/** Undefined when the file is not there; wrong bytes are an error. */
async function downloadText(session: CharmhubSession, name: string, { source, size, digest }: Download): Promise<string | undefined> {
  const url = session.addresses.fromSource(source);
  const { response, bytes } = await sendForBytes(session.http, url, { signal: session.signal }, LIMIT);
  if (response.status === 404) return undefined;
  if (response.status !== 200) throw new ShrinkwrapError('NETWORK_STATUS', { url: redactUrl(url), status: response.status, tries: 1, detail: '' });
  const what = `bundle ${name}`;
  const refuse = (field: string, wanted: string, found: string): never => {
    throw new ShrinkwrapError('INTEGRITY_MISMATCH', { what, field, wanted, found });
  };
  if (bytes.length !== size) refuse('size', String(size), String(bytes.length));
  const hex = createHash(digest.algorithm).update(bytes).digest('hex');
  if (hex !== digest.hex) refuse(digest.algorithm, digest.hex, hex);
  const { files } = await readZip(bytes, ['bundle.yaml']).catch((error: unknown) =>
    refuse('file', 'a zip', error instanceof Error ? error.message : String(error)),
  );
  return files.get('bundle.yaml')?.toString('utf8') ?? refuse('file', 'bundle.yaml', 'none');
}

async function textFromInfo(session: CharmhubSession, name: string, channel: string, revision: number): Promise<string> {
  const release = await bundleFromInfo(session, name, channel);
  if (release.revision !== revision) throw notFound(session, 'bundle', `${name} revision ${revision}`, [`revision ${release.revision} on ${release.channel}`]);
  return release.text;
}

async function bundleFromInfo(session: CharmhubSession, name: string, channel: string): Promise<BundleRelease> {
  const info = await askRelease(session, 'bundle', name, channel);
  assertBundle(session, name, info.at('type').text());
  const { revision, channel: released } = { revision: info.at('default-release').at('revision'), channel: info.at('default-release').at('channel') };
  const text = optionalText(revision.at('bundle-yaml'));
  if (text === '') return revision.at('bundle-yaml').refuse('the text of bundle.yaml');
  const id = decodeId(info.at('id'));
  return {
    name: decodeName(info.at('name')),
    id,
    revision: revision.at('revision').integer(0),
    channel: released.isAbsent() ? channel : decodeChannel(released.at('name')),
    text,
  };
}
