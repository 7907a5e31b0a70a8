/** The pure parts of the registry client: challenges, platforms, addresses, refusals. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { decodeRefusal } from '#src/clients/oci/answer-error.js';
import { parseChallenges } from '#src/clients/oci/challenge.js';
import { endpointOf } from '#src/clients/oci/endpoint.js';
import { platformKey } from '#src/clients/oci/select-platform.js';

for (const [header, expected] of [
  [
    'Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:library/busybox:pull,push"',
    [['bearer', { realm: 'https://auth.docker.io/token', service: 'registry.docker.io', scope: 'repository:library/busybox:pull,push' }]],
  ],
  ['BASIC Realm="a \\"b\\" c"', [['basic', { realm: 'a "b" c' }]]],
  [
    'Basic realm=x, Bearer realm = "y" , error="invalid_token"',
    [
      ['basic', { realm: 'x' }],
      ['bearer', { realm: 'y', error: 'invalid_token' }],
    ],
  ],
  [
    'Negotiate, NTLM TlRMTVNTUAAC==, Basic realm="z"',
    [
      ['negotiate', {}],
      ['ntlm', {}],
      ['basic', { realm: 'z' }],
    ],
  ],
  ['Bearer realm="never closed', [['bearer', {}]]],
  ['', []],
] as const) {
  test(`reads the challenge ${header.slice(0, 40)}`, () => {
    assert.deepEqual(
      parseChallenges(header).map(({ scheme, parameters }) => [scheme, Object.fromEntries(parameters)]),
      expected,
    );
  });
}

test('any quoted text comes back out of a challenge, and no header makes it throw', () => {
  const quote = (text: string): string => `"${text.replaceAll(/["\\]/g, '\\$&')}"`;
  fc.assert(
    fc.property(fc.string(), fc.string(), (a, b) => {
      const [basic, bearer] = parseChallenges(`Basic realm=${quote(a)}, Bearer realm=${quote(b)},service="s"`);
      assert.equal(basic?.parameters.get('realm'), a);
      assert.equal(bearer?.parameters.get('realm'), b);
    }),
  );
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom('a', 'B', '1', ' ', ',', '=', '"', '\\', ';', '/') }), (header) => Array.isArray(parseChallenges(header))),
  );
});

for (const [os, architecture, variant, key] of [
  ['linux', 'amd64', undefined, 'linux/amd64'],
  ['Linux', 'x86_64', 'v1', 'linux/amd64'],
  ['linux', 'amd64', 'v3', 'linux/amd64/v3'],
  ['linux', 'aarch64', 'v8', 'linux/arm64'],
  ['linux', 'arm64', '8', 'linux/arm64'],
  ['linux', 'arm', undefined, 'linux/arm/v7'],
  ['linux', 'arm', '6', 'linux/arm/v6'],
  ['linux', 'armhf', undefined, 'linux/arm/v7'],
  ['linux', 'armel', undefined, 'linux/arm/v6'],
  ['linux', 'i686', undefined, 'linux/386'],
  ['linux', 's390x', undefined, 'linux/s390x'],
] as const) {
  test(`${os} ${architecture} ${variant ?? ''} is ${key}`, () =>
    assert.equal(platformKey({ os, architecture, ...(variant !== undefined && { variant }) }), key));
}

for (const [repository, url, account] of [
  ['docker.io/library/busybox', 'https://registry-1.docker.io/v2/library/busybox/manifests/1', 'docker.io'],
  ['rocks.canonical.com:443/cdk/pause', 'https://rocks.canonical.com/v2/cdk/pause/manifests/1', 'rocks.canonical.com'],
  ['plain.example:5000/a', 'http://plain.example:5000/v2/a/manifests/1', 'plain.example:5000'],
  ['[::1]:5000/a', 'https://[::1]:5000/v2/a/manifests/1', '[::1]:5000'],
  ['quay.io/a/b', 'https://mirror.example/quay/v2/a/b/manifests/1?ns=quay.io', 'mirror.example'],
] as const) {
  test(`${repository} answers at ${url}`, () => {
    const options = { mirrors: new Map([['quay.io', 'https://mirror.example/quay/']]), insecureHosts: new Set(['plain.example:5000']) };
    const endpoint = endpointOf(repository, options);
    assert.equal(endpoint.url('manifests', '1'), url);
    assert.equal(endpoint.account, account);
  });
}

test('refuses the address of a mirror that is none', () => {
  const options = { mirrors: new Map([['quay.io', 'mirror.example:5000']]), insecureHosts: new Set<string>() };
  assert.throws(() => endpointOf('quay.io/a', options), { code: 'INPUT_MALFORMED' });
});

test('a refusal becomes one line without control characters', () => {
  assert.deepEqual(decodeRefusal('{"errors":[{"code":"DENIED","message":"no\\u001b[31m\\n access"},{"code":"UNKNOWN"}]}'), {
    codes: ['DENIED', 'UNKNOWN'],
    detail: 'DENIED: no [31m access; UNKNOWN',
  });
  assert.deepEqual(decodeRefusal('  <html>'), { codes: [], detail: 'a web page, not the answer of a registry' });
  assert.deepEqual(decodeRefusal('{"errors":[null]}'), { codes: [], detail: '{"errors":[null]}' });
  assert.equal(decodeRefusal('x'.repeat(1000)).detail.length, 200);
});
