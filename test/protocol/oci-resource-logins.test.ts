/** Logins of oci-image resources: used for their one repository, seen by nobody (facts/charmhub-juju.md 1.9). */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { createOciLogins, decodeOciResource } from '#src/clients/oci/resource-logins.js';
import { parseImageRef } from '#src/domain/image-ref.js';
import { failure } from '../support/failure.ts';
import { AMD64, fixture, ociImage, testHttp } from '../support/registry-fixture.ts';
import { scriptedRegistry, sendDocument, sendError } from '../support/scripted-registry.ts';

const image = ociImage('layer');
const SOURCE = 'https://api.charmhub.io/api/v1/resources/download/charm_x.image_1';
const BASIC = `Basic ${Buffer.from('juju-user:very-secret').toString('base64')}`;

/** A registry that wants a login, and logins whose resources answer `body`. */
async function locked(t: TestContext, body: (host: string) => string, status = 200) {
  let host = '';
  let asked = 0;
  const charmhub = await scriptedRegistry((_, response) => {
    asked += 1;
    response.writeHead(status).end(body(host));
  });
  t.after(() => charmhub.close());
  const http = testHttp(t);
  const logins = createOciLogins(() => http.send(`${charmhub.url}/resource`, { signal: AbortSignal.timeout(5000) }));
  const all = await fixture(
    t,
    ({ headers }, response) =>
      headers.authorization === BASIC
        ? sendDocument(response, image)
        : sendError(response, 401, 'UNAUTHORIZED', { 'www-authenticate': 'Basic realm="charms"' }),
    { credentials: logins.credentials },
  );
  host = all.registry.host;
  return { ...all, logins, asked: () => asked };
}

const document = (host: string): string =>
  JSON.stringify({ ImageName: `${host}/charm/x/image@${image.digest}`, Username: 'juju-user', Password: 'very-secret' });

test('the image is pulled with the login of its resource, which is asked for once', async (t) => {
  const { registry, client, logins, asked } = await locked(t, document);
  const reference = await logins.read(SOURCE);
  assert.equal(reference, `${registry.host}/charm/x/image@${image.digest}`);
  assert.equal(await logins.read(SOURCE), reference);
  assert.equal(asked(), 1);
  assert.notEqual(await client.resolve(parseImageRef(reference), AMD64), undefined);
});

test('no other repository of the same registry gets the login', async (t) => {
  const { registry, client, logins } = await locked(t, document);
  await logins.read(SOURCE);
  const facts = await failure(client.resolve(parseImageRef(`${registry.host}/charm/other/image:1`), AMD64), 'NETWORK_DENIED');
  assert.doesNotMatch(JSON.stringify(facts), /very-secret|juju-user/);
  assert.deepEqual(
    registry.asked.map(({ headers }) => headers.authorization),
    [undefined],
  );
});

for (const [what, body] of [
  ['what is no JSON', 'very-secret'],
  ['an answer without a name', '{"Password":"very-secret"}'],
  ['a name that is none', '{"ImageName":"UPPER very-secret"}'],
] as const)
  test(`refuses ${what} without telling it`, async (t) => {
    const { logins } = await locked(t, () => body);
    const facts = await failure(logins.read(SOURCE), 'UPSTREAM_ANSWER');
    assert.doesNotMatch(JSON.stringify(facts), /very-secret/);
  });

test('a resource that is not there is told with its address', async (t) => {
  const { logins } = await locked(t, () => 'very-secret', 404);
  assert.deepEqual(await failure(logins.read(SOURCE), 'NETWORK_STATUS'), { url: SOURCE, status: 404, tries: 1, detail: 'oci-image resource' });
});

test('spellings differ, and an image may need no login', () => {
  const read = (value: unknown) => decodeOciResource(Buffer.from(JSON.stringify(value)), SOURCE);
  assert.deepEqual(read({ registrypath: 'reg/x:1', username: 'u', password: 'p' }), {
    reference: 'reg/x:1',
    credential: { kind: 'password', username: 'u', password: 'p' },
  });
  assert.deepEqual(read({ ImageName: 'reg/x:1', Username: '', Password: '' }), { reference: 'reg/x:1' });
});
