/** Charmhub's info, lists and downloads against the literal examples of the fact sheet (charmhub-juju 1.3-1.8), over real sockets. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { fromBufferPromise } from 'yauzl';
import { BUNDLE, BUNDLE_ID, CONTROL_ID, ETCD_CHARM, ETCD_ID, ETCD_METADATA, IMAGE_RESOURCE, NEWER_ETCD_CHARM, charmFiles } from './serve-charm-files.ts';
import { CREATED, getJson, serveFiles, sha256, sha384 } from './serve-fixture.ts';

const ALL_JAMMY = { name: 'ubuntu', channel: '22.04', architecture: 'all' };
const EMPTY = { sha256: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855' };

describe('GET /v2/charms/info/NAME', () => {
  it('answers type, id and name alone when no fields are asked for', async (t) => {
    const { url } = await serveFiles(t, charmFiles());
    const { status, type, body } = await getJson(`${url}/v2/charms/info/etcd`);
    assert.deepEqual([status, type], [200, 'application/json']);
    assert.deepEqual(body, { type: 'charm', id: ETCD_ID, name: 'etcd' });
  });

  it('answers the whole shape of the sheet for a channel', async (t) => {
    const { url } = await serveFiles(t, charmFiles());
    const { body } = await getJson(`${url}/v2/charms/info/etcd?channel=1.26/stable&fields=default-release,channel-map,result.summary`);
    const channel = { name: '1.26/stable', track: '1.26', risk: 'stable', 'released-at': CREATED, base: ALL_JAMMY };
    const download = { url: `${url}/api/v1/charms/download/${ETCD_ID}_718.charm`, size: ETCD_CHARM.length, 'hash-sha-256': sha256(ETCD_CHARM) };
    const revision = { revision: 718, version: '718', 'created-at': CREATED, bases: [ALL_JAMMY] };
    assert.deepEqual(body, {
      type: 'charm',
      id: ETCD_ID,
      name: 'etcd',
      result: { summary: 'Deploy a fault tolerant database.' },
      'default-release': {
        channel,
        revision: {
          ...revision,
          download: { ...download, 'hash-sha-384': sha384(ETCD_CHARM) },
          'metadata-yaml': ETCD_METADATA,
          'config-yaml': 'options:\n  channel: {type: string, default: auto}\n',
          'actions-yaml': 'backup: {}\n',
          'readme-md': '',
          'bundle-yaml': null,
        },
        resources: [
          {
            name: 'core',
            type: 'file',
            filename: 'core.snap',
            description: 'Snap package of core',
            revision: 0,
            'created-at': CREATED,
            download: { url: `${url}/api/v1/resources/download/charm_${ETCD_ID}.core_0`, size: 0, 'hash-sha-256': EMPTY.sha256, 'hash-sha-384': sha384('') },
          },
          {
            name: 'image',
            type: 'oci-image',
            filename: 'image.json',
            description: 'An image',
            revision: 4,
            'created-at': CREATED,
            download: {
              url: `${url}/api/v1/resources/download/charm_${ETCD_ID}.image_4`,
              size: 43,
              'hash-sha-256': sha256(IMAGE_RESOURCE),
              'hash-sha-384': sha384(IMAGE_RESOURCE),
            },
          },
        ],
      },
      'channel-map': [{ channel, revision: { ...revision, download } }],
    });
  });

  it('selects by dotted path, and a prefix selects the subtree', async (t) => {
    const { url } = await serveFiles(t, charmFiles());
    const fields = 'default-release.revision.download.size,channel-map.channel.base.architecture,default-release.resources.name';
    const { body } = await getJson(`${url}/v2/charms/info/etcd?channel=1.26/stable&fields=${fields}`);
    assert.deepEqual(body, {
      type: 'charm',
      id: ETCD_ID,
      name: 'etcd',
      'default-release': { revision: { download: { size: ETCD_CHARM.length } }, resources: [{ name: 'core' }, { name: 'image' }] },
      'channel-map': [{ channel: { base: { architecture: 'all' } } }],
    });
  });

  it('without a channel shows the safest risk of the highest track, and the whole map', async (t) => {
    const { url } = await serveFiles(t, charmFiles());
    const { body } = await getJson(
      `${url}/v2/charms/info/etcd?fields=default-release.channel.name,channel-map.channel.name,default-release.revision.config-yaml`,
    );
    assert.deepEqual(body, {
      type: 'charm',
      id: ETCD_ID,
      name: 'etcd',
      'default-release': { channel: { name: '1.27/candidate' }, revision: { 'config-yaml': 'options: {}\n' } },
      'channel-map': [{ channel: { name: '1.26/stable' } }, { channel: { name: '1.27/candidate' } }],
    });
  });

  it('gives the text of a bundle and the charms in it', async (t) => {
    const { url } = await serveFiles(t, charmFiles());
    const fields = 'default-release.revision.bundle-yaml,default-release.revision.bases,result.contains-charms';
    const { body } = await getJson(`${url}/v2/charms/info/charmed-kubernetes?fields=${fields}`);
    assert.deepEqual(body, {
      type: 'bundle',
      id: BUNDLE_ID,
      name: 'charmed-kubernetes',
      result: { 'contains-charms': [{ name: 'etcd', 'package-id': ETCD_ID, 'store-url': 'https://charmhub.io/etcd' }] },
      'default-release': { revision: { bases: [{ name: 'all', channel: 'all', architecture: 'all' }], 'bundle-yaml': BUNDLE } },
    });
  });

  it('answers an unknown name and an unknown channel with an error-list', async (t) => {
    const { url } = await serveFiles(t, charmFiles());
    const name = await getJson(`${url}/v2/charms/info/nope`);
    assert.deepEqual([name.status, name.body], [404, { 'error-list': [{ code: 'not-found', message: 'No charm or bundle with the name "nope".' }] }]);
    const channel = await getJson(`${url}/v2/charms/info/etcd?channel=9.9/stable`);
    assert.deepEqual([channel.status, channel.body], [404, { 'error-list': [{ code: 'channel-not-found', message: 'No channel "9.9/stable" for etcd.' }] }]);
  });
});

describe('downloads and lists of Charmhub', () => {
  it('serves a charm, a resource and an empty resource byte for byte', async (t) => {
    const { url } = await serveFiles(t, charmFiles());
    const get = async (path: string): Promise<Buffer> => Buffer.from(await (await fetch(url + path)).arrayBuffer());
    assert.deepEqual(await get(`/api/v1/charms/download/${ETCD_ID}_718.charm`), ETCD_CHARM);
    assert.deepEqual(await get(`/api/v1/charms/download/${ETCD_ID}_740.charm`), NEWER_ETCD_CHARM);
    assert.deepEqual(await get(`/api/v1/resources/download/charm_${ETCD_ID}.image_4`), IMAGE_RESOURCE);
    assert.equal((await get(`/api/v1/resources/download/charm_${ETCD_ID}.core_0`)).length, 0);
    assert.equal((await fetch(`${url}/api/v1/charms/download/${ETCD_ID}_1.charm`)).status, 404);
  });

  it('makes of a bundle the same zip every time, with the size and digest that it announced', async (t) => {
    const { url } = await serveFiles(t, charmFiles());
    const { body } = await getJson(`${url}/v2/charms/info/charmed-kubernetes?fields=default-release.revision.download`);
    const { download } = (body as { 'default-release': { revision: { download: { url: string; size: number; 'hash-sha-256': string } } } })['default-release']
      .revision;
    assert.equal(download.url, `${url}/api/v1/charms/download/${BUNDLE_ID}_1061.bundle`);
    const bytes = Buffer.from(await (await fetch(download.url)).arrayBuffer());
    assert.deepEqual([bytes.length, sha256(bytes)], [download.size, download['hash-sha-256']]);
    const zip = await fromBufferPromise(bytes);
    const names: string[] = [];
    for await (const entry of zip.eachEntry()) {
      names.push(entry.fileName);
      const chunks: Buffer[] = [];
      for await (const chunk of await zip.openReadStreamPromise(entry)) chunks.push(Buffer.from(chunk as Uint8Array));
      if (entry.fileName === 'bundle.yaml') assert.equal(Buffer.concat(chunks).toString(), BUNDLE);
    }
    assert.deepEqual(names, ['README.md', 'bundle.yaml']);
  });

  it('lists the revisions of a resource', async (t) => {
    const { url } = await serveFiles(t, charmFiles());
    const { body } = await getJson(`${url}/v2/charms/resources/etcd/core/revisions`);
    const download = { url: `${url}/api/v1/resources/download/charm_${ETCD_ID}.core_0`, size: 0, 'hash-sha-256': EMPTY.sha256, 'hash-sha-384': sha384('') };
    assert.deepEqual(body, {
      revisions: [{ name: 'core', type: 'file', filename: 'core.snap', description: 'Snap package of core', revision: 0, 'created-at': CREATED, download }],
    });
    assert.equal((await fetch(`${url}/v2/charms/resources/etcd/nope/revisions`)).status, 404);
  });

  it('finds by a part of the name', async (t) => {
    const { url } = await serveFiles(t, charmFiles());
    const { body } = await getJson(`${url}/v2/charms/find?q=kubernetes&type=charm`);
    assert.deepEqual(body, { results: [{ type: 'charm', id: CONTROL_ID, name: 'kubernetes-control-plane' }], 'error-list': [] });
  });

  it('writes the address that the client used into its answers', async (t) => {
    const { url } = await serveFiles(t, charmFiles());
    const other = url.replace('127.0.0.1', 'localhost');
    const { body } = await getJson(`${other}/v2/charms/resources/etcd/core/revisions`);
    assert.match(JSON.stringify(body), new RegExp(`"url":"${other}/api/`));
  });
});
