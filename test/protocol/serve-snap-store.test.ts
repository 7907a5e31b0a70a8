/** The snap store's answers against the literal examples of the fact sheet (snap-store 1.2-1.6, 9.1), over real sockets. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isShrinkwrapError } from '#src/domain/errors.js';
import { createUpstreamServer } from '#src/serve/server.js';
import { CREATED, getJson, postJson, serveFiles, sha3, writeTree } from './serve-fixture.ts';
import { ACCOUNT, ACCOUNT_KEY, SNAP, SNAP_EDGE, SNAP_ID, SNAP_YAML, STORE_KEY, declaration, revisionAssertion, snapFiles } from './serve-snap-files.ts';

const HEADERS = { 'snap-device-architecture': 'amd64', 'snap-device-series': '16', 'snap-device-capabilities': 'default-tracks' };

interface Result {
  readonly result: string;
  readonly 'effective-channel'?: string;
  readonly 'redirect-channel'?: string;
  readonly snap: Record<string, unknown> | null;
  readonly error?: { code: string; extra?: unknown };
}

async function refresh(url: string, action: object, arch = 'amd64', fields: readonly string[] = ['revision']): Promise<Result> {
  const body = { context: [], actions: [{ action: 'download', 'instance-key': 'download-1', epoch: null, ...action }], fields };
  const answer = await postJson(`${url}/v2/snaps/refresh`, body, { ...HEADERS, 'snap-device-architecture': arch });
  assert.equal(answer.status, 200);
  const [result] = (answer.body as { results: Result[] }).results;
  assert.ok(result);
  return result;
}

const PUBLISHER = { id: 'ekRMaarzOfN1Vu3sDY0Bt1aGnM8Cd4kG', username: 'salad', 'display-name': 'Salad Bar', validation: 'starred' };
const downloadOf = (url: string, bytes: Buffer, revision: number): object => ({
  deltas: [],
  'sha3-384': sha3(bytes).toString('hex'),
  size: bytes.length,
  url: `${url}/api/v1/snaps/download/${SNAP_ID}_${revision}.snap`,
});

describe('POST /v2/snaps/refresh', () => {
  it('answers the request that snap 2.57.6 sends with the smallest result that it is satisfied with, and more', async (t) => {
    const { url } = await serveFiles(t, snapFiles());
    // The body of the captured request, byte for byte.
    const body =
      '{"context":[],"actions":[{"action":"download","instance-key":"download-1","name":"word-salad","channel":"1.32/stable","epoch":null}],"fields":["architectures","base","confinement","contact",' +
      '"created-at","description","download","epoch","license","name","prices","private","publisher","revision","snap-id","snap-yaml","summary","title","type","version","website","store-url","media","common-ids"]}';
    const answer = await getJson(`${url}/v2/snaps/refresh`, { method: 'POST', headers: { ...HEADERS, 'content-type': 'application/json' }, body });
    assert.deepEqual([answer.status, answer.type], [200, 'application/json']);
    assert.deepEqual(answer.body, {
      results: [
        {
          result: 'download',
          'instance-key': 'download-1',
          'snap-id': SNAP_ID,
          name: 'word-salad',
          'effective-channel': '1.32/stable',
          'released-at': CREATED,
          snap: {
            architectures: ['amd64'],
            base: 'core18',
            'common-ids': [],
            confinement: 'classic',
            contact: '',
            'created-at': CREATED,
            description: '',
            download: downloadOf(url, SNAP, 7),
            epoch: { read: [0], write: [0] },
            license: null,
            media: [],
            name: 'word-salad',
            prices: {},
            private: false,
            publisher: PUBLISHER,
            revision: 7,
            'snap-id': SNAP_ID,
            'snap-yaml': SNAP_YAML,
            'store-url': 'https://snapcraft.io/word-salad',
            summary: 'Words',
            title: 'word-salad',
            type: 'app',
            version: '1.0',
            website: null,
          },
        },
      ],
      'error-list': [],
    });
  });

  it('follows a closed risk to the safer one, within the track', async (t) => {
    const { url } = await serveFiles(t, snapFiles());
    assert.equal((await refresh(url, { name: 'word-salad', channel: '1.32/edge' }))['effective-channel'], '1.32/stable');
    const edge = await refresh(url, { name: 'word-salad', channel: 'edge' }, 'arm64', ['base', 'revision']);
    assert.deepEqual([edge['effective-channel'], edge['redirect-channel'], edge.snap?.['base'], edge.snap?.['revision']], ['edge', undefined, null, 9]);
  });

  it('says where there is a revision when there is none', async (t) => {
    const { url } = await serveFiles(t, snapFiles());
    const releases = [
      { architecture: 'amd64', channel: '1.32/stable' },
      { architecture: 'arm64', channel: 'latest/edge' },
    ];
    for (const [channel, arch] of [
      ['latest/stable', 'amd64'],
      ['latest/stable', 'arm64'],
      ['1.32/stable', 'arm64'],
      ['1.33/stable', 'amd64'],
      ['a/b/c/d', 'amd64'],
    ] as const) {
      const { result, snap, error } = await refresh(url, { name: 'word-salad', channel }, arch);
      assert.deepEqual([result, snap, error?.code, error?.extra], ['error', null, 'revision-not-found', { releases }], channel);
    }
    assert.equal((await refresh(url, { name: 'nope', channel: 'stable' })).error?.code, 'name-not-found');
  });

  it('takes a default channel without one and a default track for a bare risk, and says so', async (t) => {
    const { url } = await serveFiles(t, snapFiles());
    const none = await refresh(url, { name: 'word-salad' });
    assert.deepEqual([none['effective-channel'], none['redirect-channel']], ['1.32/stable', '1.32/stable']);
    const risk = await refresh(url, { name: 'word-salad', channel: 'beta' });
    assert.deepEqual([risk['effective-channel'], risk['redirect-channel']], ['1.32/stable', '1.32/beta']);
  });

  it('gives a revision by number, and an installed snap its tracking channel', async (t) => {
    const { url } = await serveFiles(t, snapFiles());
    assert.equal((await refresh(url, { name: 'word-salad', revision: 7 })).snap?.['revision'], 7);
    assert.equal((await refresh(url, { name: 'word-salad', revision: 9 })).error?.code, 'revision-not-found');
    const context = [{ 'snap-id': SNAP_ID, 'instance-key': SNAP_ID, revision: 3, 'tracking-channel': '1.32/candidate', epoch: { read: [0], write: [0] } }];
    const actions = [{ action: 'refresh', 'instance-key': SNAP_ID, 'snap-id': SNAP_ID }];
    const { body } = await postJson(`${url}/v2/snaps/refresh`, { context, actions, fields: ['revision'] }, HEADERS);
    const [result] = (body as { results: Result[] }).results;
    assert.deepEqual([result?.result, result?.['effective-channel'], result?.snap?.['revision']], ['refresh', '1.32/stable', 7]);
  });

  it('needs the device architecture', async (t) => {
    const { url } = await serveFiles(t, snapFiles());
    assert.equal((await postJson(`${url}/v2/snaps/refresh`, { context: [], actions: [] })).status, 400);
    assert.equal((await postJson(`${url}/v2/snaps/refresh`, { context: [] }, HEADERS)).status, 400);
  });

  it('answers fetch-assertions with what is newer, and does not miss what it never had when the device holds it', async (t) => {
    const { url } = await serveFiles(t, snapFiles());
    const assertions = [
      { type: 'snap-declaration', 'primary-key': ['16', SNAP_ID], 'if-newer-than': 2 },
      { type: 'account-key', 'primary-key': [STORE_KEY], 'if-newer-than': 2 },
      { type: 'snap-declaration', 'primary-key': ['16', 'foreign'], 'if-newer-than': 0 },
      { type: 'account', 'primary-key': ['nobody'] },
    ];
    const body = { context: [], actions: [{ action: 'fetch-assertions', key: 'g1', assertions }], 'assertion-max-formats': { 'snap-declaration': 5 } };
    const answer = await postJson(`${url}/v2/snaps/refresh`, body, HEADERS);
    assert.deepEqual(answer.body, {
      results: [
        {
          result: 'fetch-assertions',
          key: 'g1',
          'assertion-stream-urls': [`${url}/v2/assertions/snap-declaration/16/${SNAP_ID}?max-format=5`],
          'error-list': [
            { code: 'not-found', message: 'not found: no assertion with type "account" and key ["nobody"]', 'primary-key': ['nobody'], type: 'account' },
          ],
        },
      ],
      'error-list': [],
    });
  });

  it('does not fail the refresh of a device that tracks a validation set', async (t) => {
    const { url } = await serveFiles(t, snapFiles());
    const sequence = { type: 'validation-set', 'sequence-key': ['16', 'acme', 'all'] };
    const results = async (item: object): Promise<unknown> => {
      const body = { context: [], actions: [{ action: 'fetch-assertions', key: 'g1', assertions: [{ ...sequence, ...item }] }] };
      return ((await postJson(`${url}/v2/snaps/refresh`, body, HEADERS)).body as { results: unknown[] }).results[0];
    };
    const nothingNewer = { result: 'fetch-assertions', key: 'g1', 'assertion-stream-urls': [] };
    assert.deepEqual(await results({ 'if-sequence-equal-or-newer-than': 3, 'if-newer-than': 0 }), nothingNewer);
    assert.deepEqual(await results({ 'if-sequence-newer-than': 3 }), nothingNewer);
    const message = 'not found: no assertion with type "validation-set" and key ["16","acme","all"]';
    assert.deepEqual(await results({}), { ...nothingNewer, 'error-list': [{ code: 'not-found', message, ...sequence }] });
  });
});

describe('GET /v2/snaps/info/NAME', () => {
  it('lists the channels of an architecture in the shape of the sheet', async (t) => {
    const { url } = await serveFiles(t, snapFiles());
    const { body } = await getJson(`${url}/v2/snaps/info/word-salad?architecture=arm64&fields=base,confinement,download,revision,type,version,title`);
    assert.deepEqual(body, {
      name: 'word-salad',
      'snap-id': SNAP_ID,
      'default-track': null,
      snap: { name: 'word-salad', 'snap-id': SNAP_ID, title: 'word-salad' },
      'channel-map': [
        {
          channel: { architecture: 'arm64', name: 'edge', risk: 'edge', track: 'latest', 'released-at': CREATED },
          base: null,
          confinement: 'strict',
          download: downloadOf(url, SNAP_EDGE, 9),
          revision: 9,
          type: 'app',
          version: '1.0',
        },
      ],
    });
    const all = (await getJson(`${url}/v2/snaps/info/word-salad`)).body as { 'channel-map': { channel: { name: string } }[] };
    assert.deepEqual(
      all['channel-map'].map(({ channel }) => channel.name),
      ['1.32/stable', 'edge'],
    );
  });

  it('answers an unknown name with the exact body of the store', async (t) => {
    const { url } = await serveFiles(t, snapFiles());
    const { status, type, body } = await getJson(`${url}/v2/snaps/info/nope`);
    assert.deepEqual([status, type], [404, 'application/json']);
    assert.deepEqual(body, { 'error-list': [{ code: 'resource-not-found', message: "No snap named 'nope' found in series '16'." }] });
  });
});

describe('GET /v2/assertions/TYPE/KEY', () => {
  const get = async (url: string): Promise<{ status: number; type: string | null; text: string }> => {
    const response = await fetch(url, { headers: { accept: 'application/x.ubuntu.assertion' } });
    return { status: response.status, type: response.headers.get('content-type'), text: await response.text() };
  };

  it('gives each assertion of the streams byte for byte', async (t) => {
    const { url } = await serveFiles(t, snapFiles());
    const type = 'application/x.ubuntu.assertion';
    assert.deepEqual(await get(`${url}/v2/assertions/account-key/${STORE_KEY}?max-format=0`), { status: 200, type, text: ACCOUNT_KEY });
    assert.deepEqual(await get(`${url}/v2/assertions/account/ekRMaarzOfN1Vu3sDY0Bt1aGnM8Cd4kG`), { status: 200, type, text: ACCOUNT });
    const digest = sha3(SNAP).toString('base64url');
    for (const path of [digest, `${digest}/global-upload`]) {
      assert.deepEqual(await get(`${url}/v2/assertions/snap-revision/${path}?max-format=0`), { status: 200, type, text: revisionAssertion(SNAP, 7) });
    }
  });

  it('gives the newest that the client understands', async (t) => {
    const { url } = await serveFiles(t, snapFiles());
    const path = `${url}/v2/assertions/snap-declaration/16/${SNAP_ID}`;
    assert.equal((await get(`${path}?max-format=5`)).text, declaration(4, 5));
    assert.equal((await get(`${path}?max-format=3`)).text, declaration(0, 3));
    assert.equal((await get(path)).text, declaration(4, 5));
  });

  it('serves the roots that travel in snaps/trust', async (t) => {
    const { url } = await serveFiles(t, snapFiles());
    assert.equal((await get(`${url}/v2/assertions/account/testrootorg`)).status, 200);
  });

  it('are not served from a file that is no stream, and the reason is said', async (t) => {
    const root = await writeTree(t, { ...snapFiles(), 'snaps/trust/root.assert': `${ACCOUNT}\njunk\n` });
    await assert.rejects(createUpstreamServer({ dirs: [root] }).listen('127.0.0.1', 0), (error) => {
      assert.ok(isShrinkwrapError(error) && error.code === 'INPUT_INVALID');
      assert.deepEqual((error.facts as { problems: unknown }).problems, [
        { file: 'snaps/trust/root.assert', code: 'assertion', message: 'assertion 2: unexpected EOF in headers' },
      ]);
      return true;
    });
  });

  it('says not-found as exactly application/json, without a charset', async (t) => {
    const { url } = await serveFiles(t, snapFiles());
    const { status, type, text } = await get(`${url}/v2/assertions/snap-revision/AAAA?max-format=0`);
    assert.deepEqual([status, type], [404, 'application/json']);
    assert.deepEqual(JSON.parse(text), {
      'error-list': [{ code: 'not-found', message: 'not found: no assertion with type "snap-revision" and key ["AAAA"]' }],
    });
  });
});

describe('downloads of the snap store', () => {
  it('serves whole files, ranges and what lies behind the end', async (t) => {
    const { url } = await serveFiles(t, snapFiles());
    const path = `${url}/api/v1/snaps/download/${SNAP_ID}_7.snap`;
    const get = async (range?: string): Promise<unknown[]> => {
      const response = await fetch(path, { headers: range === undefined ? {} : { range } });
      return [response.status, response.headers.get('content-range'), response.headers.get('content-length'), await response.text()];
    };
    const text = SNAP.toString();
    assert.deepEqual(await get(), [200, null, '27', text]);
    assert.deepEqual(await get('bytes=5-'), [206, 'bytes 5-26/27', '22', text.slice(5)]);
    assert.deepEqual(await get('bytes=5-9'), [206, 'bytes 5-9/27', '5', text.slice(5, 10)]);
    assert.deepEqual(await get('bytes=-4'), [206, 'bytes 23-26/27', '4', text.slice(-4)]);
    assert.deepEqual(await get('bytes=20-99'), [206, 'bytes 20-26/27', '7', text.slice(20)]);
    assert.deepEqual(await get('bytes=27-'), [416, 'bytes */27', '0', '']);
    assert.deepEqual(await get('bytes=0-1,3-4'), [200, null, '27', text]);
    assert.deepEqual(await get('lines=0-1'), [200, null, '27', text]);
    const head = await fetch(path, { method: 'HEAD' });
    assert.deepEqual([head.status, head.headers.get('content-length'), head.headers.get('accept-ranges'), await head.text()], [200, '27', 'bytes', '']);
  });

  it('does not continue another file than the client began with', async (t) => {
    const { url } = await serveFiles(t, snapFiles());
    const path = `${url}/api/v1/snaps/download/${SNAP_ID}_7.snap`;
    const etag = (await fetch(path)).headers.get('etag');
    assert.equal((await fetch(path, { headers: { range: 'bytes=5-', 'if-range': '"other"' } })).status, 200);
    assert.equal((await fetch(path, { headers: { range: 'bytes=5-', 'if-range': etag ?? '' } })).status, 206);
  });

  it('answers the small lists of snapd', async (t) => {
    const { url } = await serveFiles(t, snapFiles());
    assert.deepEqual((await getJson(`${url}/api/v1/snaps/sections`)).body, { _embedded: { 'clickindex:sections': [] } });
    const names = (await getJson(`${url}/api/v1/snaps/names`)).body as { _embedded: { 'clickindex:package': { package_name: string }[] } };
    assert.deepEqual(
      names._embedded['clickindex:package'].map((row) => row.package_name),
      ['word-salad'],
    );
    assert.deepEqual((await getJson(`${url}/v2/snaps/categories`)).body, { categories: [] });
    const cohorts = await postJson(`${url}/v2/cohorts`, { snaps: ['word-salad'] });
    assert.deepEqual(Object.keys((cohorts.body as { 'cohort-keys': object })['cohort-keys']), ['word-salad']);
  });

  it('gives a device with a serial its session, and no serials', async (t) => {
    const { url } = await serveFiles(t, snapFiles());
    assert.deepEqual((await postJson(`${url}/api/v1/snaps/auth/nonces`, {})).body, { nonce: 'any-device' });
    assert.deepEqual((await postJson(`${url}/api/v1/snaps/auth/sessions`, { 'serial-assertion': 'x' })).body, { macaroon: 'any-device' });
    for (const path of ['request-id', 'devices', 'nonces/x']) assert.equal((await fetch(`${url}/api/v1/snaps/auth/${path}`, { method: 'POST' })).status, 404);
    assert.equal((await fetch(`${url}/api/v1/snaps/auth/nonces`)).status, 404);
  });
});
