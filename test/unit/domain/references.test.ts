import { describe, test } from 'node:test';
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { parseArch, ociPlatform, formatPlatform } from '#src/domain/arch.js';
import { archiveFileName, fileNamePart, topDirectory } from '#src/domain/archive-name.js';
import { parseBase, formatBase, baseOfSeries, seriesOfBase } from '#src/domain/base.js';
import { canonicalJson } from '#src/domain/canonical-json.js';
import { formatChannel, parseChannel, RISKS } from '#src/domain/channel.js';
import { digest, formatDigest, parseDigest } from '#src/domain/digest.js';
import { formatBytes } from '#src/domain/format-bytes.js';
import { formatImageRef, parseImageRef, sitePath } from '#src/domain/image-ref.js';
import { formatTsv, parseTsv } from '#src/domain/tsv.js';

const HEX = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

describe('channels', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['stable', 'latest/stable'],
    ['edge', 'latest/edge'],
    ['1.32', '1.32/stable'],
    ['1.26/stable', '1.26/stable'],
    ['edge/fix', 'latest/edge/fix'],
    ['1.32-classic/stable', '1.32-classic/stable'],
    ['3.4/candidate/hot-fix', '3.4/candidate/hot-fix'],
  ];
  for (const [text, full] of cases) test(`${text} is ${full}`, () => assert.equal(formatChannel(parseChannel(text)), full));
  for (const text of ['', '/', '1.26/', '/stable', '1.26/fast', 'a/b/c/d', '1.26/stable/', '../stable', '1 26']) {
    test(`refuses ${JSON.stringify(text)}`, () => assert.throws(() => parseChannel(text), { code: 'INPUT_MALFORMED' }));
  }
  test('format and parse are inverse', () => {
    const word = fc.stringMatching(/^[a-z0-9](?:[a-z0-9.-]{0,6}[a-z0-9])?$/).filter((text) => !(RISKS as readonly string[]).includes(text));
    fc.assert(
      fc.property(word, fc.constantFrom(...RISKS), fc.option(word, { nil: undefined }), (track, risk, branch) => {
        const channel = { track, risk, ...(branch !== undefined && { branch }) };
        assert.deepEqual(parseChannel(formatChannel(channel)), channel);
      }),
    );
  });
});

describe('digests', () => {
  test('are parsed strictly', () => {
    assert.deepEqual(parseDigest(`sha256:${HEX}`), { algorithm: 'sha256', hex: HEX });
    for (const text of [HEX, `sha256:${HEX.toUpperCase()}`, `sha256:${HEX.slice(1)}`, `md5:${HEX}`, '', ':', `toString:${HEX}`])
      assert.throws(() => parseDigest(text), { code: 'INPUT_MALFORMED' });
  });
  test('format and parse are inverse', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[0-9a-f]{96}$/), (hex) =>
        assert.deepEqual(parseDigest(formatDigest(digest('sha3-384', hex))), { algorithm: 'sha3-384', hex }),
      ),
    );
  });
});

describe('image references', () => {
  const table: readonly (readonly [string, string])[] = [
    ['busybox', 'docker.io/library/busybox:latest'],
    ['busybox:1.36', 'docker.io/library/busybox:1.36'],
    ['user/app', 'docker.io/user/app:latest'],
    ['docker.io/busybox', 'docker.io/library/busybox:latest'],
    ['index.docker.io/busybox', 'docker.io/library/busybox:latest'],
    ['rocks.canonical.com:443/cdk/pause:3.9', 'rocks.canonical.com:443/cdk/pause:3.9'],
    ['localhost/x', 'localhost/x:latest'],
    ['localhost', 'docker.io/library/localhost:latest'],
    ['localhost:5000/x:y', 'localhost:5000/x:y'],
    ['localhost:5000', 'docker.io/library/localhost:5000'],
    ['myhost/x', 'docker.io/myhost/x:latest'],
    ['MyHost/x', 'MyHost/x:latest'],
    ['a/b:C.d_e-F', 'docker.io/a/b:C.d_e-F'],
    [`[::1]:5000/x@sha256:${HEX}`, `[::1]:5000/x@sha256:${HEX}`],
    [`x:t@sha256:${HEX}`, `docker.io/library/x:t@sha256:${HEX}`],
    ['a__b/c---d', 'docker.io/a__b/c---d:latest'],
  ];
  for (const [text, full] of table) test(`${text} is ${full}`, () => assert.equal(formatImageRef(parseImageRef(text)), full));
  for (const text of [
    'reg.example/A:b',
    'a___b',
    'a..b',
    '-a',
    'a-',
    'a/',
    'host.name/x:',
    'x@sha256:12',
    `x:${'t'.repeat(129)}`,
    HEX,
    '',
    `${'a/'.repeat(130)}b`,
  ]) {
    test(`refuses ${text.slice(0, 40)}`, () => assert.throws(() => parseImageRef(text), { code: 'INPUT_MALFORMED' }));
  }
  test('lie at the site below the prefix, without host and cdk/', () => {
    assert.equal(sitePath(parseImageRef('rocks.canonical.com/cdk/coredns/coredns:1.9.4')), 'coredns/coredns:1.9.4');
    assert.equal(sitePath(parseImageRef('ghcr.io/canonical/cdk/pause:3.9')), 'pause:3.9');
    assert.equal(sitePath(parseImageRef('registry.k8s.io/pause:3.9')), 'pause:3.9');
    assert.equal(sitePath(parseImageRef(`quay.io/cilium/cilium@sha256:${HEX}`)), 'cilium/cilium:sha256-e3b0c44298fc');
  });
});

describe('tables', () => {
  test('refuse a tab or newline in a field', () => {
    assert.throws(() => formatTsv(['a'], [{ a: 'x\ty' }]), { code: 'INPUT_MALFORMED' });
    assert.throws(() => formatTsv(['a'], [{ a: 'x\ny' }]), { code: 'INPUT_MALFORMED' });
  });
  test('refuse another header and rows of another width', () => {
    assert.throws(() => parseTsv('b\n', ['a'], 't.tsv'), { code: 'INPUT_INVALID' });
    assert.throws(() => parseTsv('a\nx\ty\n', ['a'], 't.tsv'), { code: 'INPUT_INVALID' });
  });
  test('format and parse are inverse', () => {
    const field = fc.string({ minLength: 1 }).filter((text) => !/[\t\r\n]/.test(text));
    fc.assert(
      fc.property(fc.array(fc.record({ a: field, b: field }, { noNullPrototype: true })), (rows) => {
        assert.deepEqual(parseTsv(formatTsv(['a', 'b'], rows), ['a', 'b'], 't.tsv'), rows);
      }),
    );
  });
});

describe('names of archives', () => {
  const date = new Date('2026-11-21T23:59:59Z');
  test('amd64 alone is left out', () => {
    assert.equal(archiveFileName({ name: 'charmed-kubernetes', track: '1.26', risk: 'stable' }, ['amd64'], date), '1.26-stable-2026-11-21.tar.gz');
  });
  test('branch and architectures stand in it', () => {
    assert.equal(
      archiveFileName({ name: 'x', track: '1.26', risk: 'edge', branch: 'fix' }, ['amd64', 'arm64'], date),
      '1.26-edge-fix-amd64+arm64-2026-11-21.tar.gz',
    );
  });
  test('hold no character that a file system refuses', () => {
    assert.equal(topDirectory({ name: 'a/b:c', track: '..', risk: 'stable' }), 'a_b_c-_');
    assert.match(fileNamePart('../../etc'), /^[A-Za-z0-9_-][A-Za-z0-9._-]*$/);
  });
});

test('architectures of Debian have their OCI platforms', () => {
  assert.equal(formatPlatform(ociPlatform(parseArch('armhf'))), 'linux/arm/v7');
  assert.equal(formatPlatform(ociPlatform(parseArch('ppc64el'))), 'linux/ppc64le');
  assert.throws(() => parseArch('x86_64'), { code: 'UPSTREAM_NOT_FOUND' });
});

test('bases and series name each other', () => {
  assert.equal(formatBase(parseBase('ubuntu@22.04/stable') ?? { name: '', channel: '' }), 'ubuntu@22.04');
  assert.deepEqual(baseOfSeries('jammy'), { name: 'ubuntu', channel: '22.04' });
  assert.equal(seriesOfBase({ name: 'ubuntu', channel: '24.04' }), 'noble');
  assert.equal(baseOfSeries('toString'), undefined);
});

test('canonical JSON sorts keys at every depth', () => {
  assert.equal(canonicalJson({ b: [{ d: 1, c: 2 }], a: null }), '{\n  "a": null,\n  "b": [\n    {\n      "c": 2,\n      "d": 1\n    }\n  ]\n}\n');
});

test('sizes for people', () => {
  assert.deepEqual([0, 1023, 1024, 1536, 5 * 2 ** 30].map(formatBytes), ['0 B', '1023 B', '1.0 KiB', '1.5 KiB', '5.0 GiB']);
});
