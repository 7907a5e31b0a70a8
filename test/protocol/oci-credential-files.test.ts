/** The files of docker login and podman login. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { credentialsFromFiles } from '#src/clients/oci/credential-files.js';

const base64 = (text: string): string => Buffer.from(text).toString('base64');
const file = (auths: unknown, name = 'config.json') => ({ name, text: JSON.stringify({ auths }) });
const ada = { kind: 'password', username: 'ada', password: 'p:w' };
const entry = { auth: base64('ada:p:w') };

for (const [what, auths, host, repository, expected] of [
  ['a host', { 'reg.example:5000': entry }, 'reg.example:5000', 'a/b', ada],
  ['another host', { 'reg.example:5000': entry }, 'reg.example', 'a/b', undefined],
  ['the key docker writes for the Hub', { 'https://index.docker.io/v1/': entry }, 'docker.io', 'library/x', ada],
  ['a key with a scheme', { 'https://reg.example/v2/': entry }, 'reg.example', 'a', ada],
  ['a scope', { 'quay.io': { username: 'wide', password: 'w' }, 'quay.io/org': entry }, 'quay.io', 'org/image', ada],
  ['the host of another scope', { 'quay.io/other': entry }, 'quay.io', 'org/image', undefined],
  ['a name and password in clear', { h: { username: 'ada', password: 'p:w' } }, 'h', 'a', ada],
  ['a password padded with zeros', { h: { auth: base64('ada:p:w\0\0') } }, 'h', 'a', ada],
  ['an identity token', { h: { auth: base64('ada:'), identitytoken: 'i' } }, 'h', 'a', { kind: 'identity', token: 'i' }],
  ['a registry token', { h: { registrytoken: 'r' } }, 'h', 'a', { kind: 'bearer', token: 'r' }],
  ['an entry whose secret is in a helper', { h: {} }, 'h', 'a', undefined],
  ['no logins at all', null, 'h', 'a', undefined],
] as const) {
  test(`finds the login of ${what}`, async () => assert.deepEqual(await credentialsFromFiles([file(auths)])(host, repository), expected));
}

test('the first file that knows the host wins', async () => {
  const lookUp = credentialsFromFiles([file({ other: entry }), file({ h: { registrytoken: 'first' } }), file({ h: entry })]);
  assert.deepEqual(await lookUp('h', 'a'), { kind: 'bearer', token: 'first' });
});

test('a broken file is named, its secrets are not', () => {
  for (const text of ['{"auths": {"h": {"auth": "c2VjcmV0"}}}', '{"auths": "c2VjcmV0"}', 'c2VjcmV0']) {
    assert.throws(
      () => credentialsFromFiles([{ name: 'auth.json', text }]),
      (error: Error & { code?: string }) => error.code === 'INPUT_MALFORMED' && error.message.includes('auth.json') && !/c2VjcmV0|secret/.test(error.message),
    );
  }
});
