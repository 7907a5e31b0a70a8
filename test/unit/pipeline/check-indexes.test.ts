/** verify of the tables by which indexes get under their tags. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseDigest } from '#src/domain/digest.js';
import { checkIndexes } from '#src/pipeline/verify/check-indexes.js';
import type { ListedArtifact } from '#src/pipeline/verify/check-manifest.js';
import type { FoundFile } from '#src/pipeline/verify/digest-files.js';
import { createFindings } from '#src/pipeline/verify/findings.js';

const hex = (letter: string): string => letter.repeat(64);
const sha = (letter: string): string => `sha256:${hex(letter)}`;
const MADE = `{"manifests":[{"digest":"${sha('a')}"},{"digest":"${sha('b')}"}]}`;
const PINNED = `{"manifests":[{"digest":"${sha('c')}"},{"digest":"${sha('d')}"},{"digest":"${sha('c')}"}]}`;

const INDEXES = [
  'index\tmedia_type\tsize\tfile\ttargets',
  `${sha('1')}\tt\t${MADE.length}\tcontainers/indexes/sha256-${hex('1')}.json\tx:1`,
  `${sha('2')}\tt\t${PINNED.length}\tsources/images/sha256-${hex('2')}.json\ty:1,y:sha256-${'2'.repeat(12)}`,
  '',
].join('\n');
const CHILDREN = [
  'index\tdigest\tmedia_type\tblobs',
  `${sha('1')}\t${sha('a')}\tm\t${hex('5')},${hex('6')}`,
  `${sha('1')}\t${sha('b')}\tm\t${hex('7')},${hex('6')}`,
  `${sha('2')}\t${sha('c')}\tm\t${hex('8')}`,
  `${sha('2')}\t${sha('d')}\tm\t${hex('9')}`,
  '',
].join('\n');

const file = (path: string, letter: string, more: Partial<FoundFile> = {}): FoundFile => ({
  path,
  isFile: true,
  size: more.bytes?.length ?? 1,
  digests: { sha256: hex(letter) },
  ...more,
});
const imageFile = (path: string, blobs: string): FoundFile =>
  file(path, 'f', {
    image: {
      reference: 'x',
      digest: parseDigest(sha('a')),
      mediaType: 'm',
      blobs: new Map(blobs.split('').map((letter) => [hex(letter), { size: 1 }])),
      documents: new Map(),
    },
  });
const image = (path: string, platform: string, targets: readonly string[], more: object = {}): ListedArtifact => ({
  kind: 'image',
  name: path,
  path,
  size: 1,
  digests: {},
  signer: 'digest',
  fields: { platform, targets, ...more },
});

const ARTIFACTS = [
  image('containers/x.tgz', 'linux/amd64', ['x:1']),
  image('containers/x_arm64.tgz', 'linux/arm64', ['x:1']),
  image('containers/y.tgz', 'linux/amd64', ['y:1'], { index: sha('2'), children: [sha('c'), sha('d')] }),
];

/** What is wrong when the tables, the made index or the blobs of the second image are these. */
function told({ indexes = INDEXES, children = CHILDREN, made = MADE, madeHex = '1', arm = 'b76' }): string[] {
  const files = [
    ...(indexes === '' ? [] : [file('containers/indexes.tsv', 'f', { bytes: Buffer.from(indexes) })]),
    ...(children === '' ? [] : [file('containers/children.tsv', 'f', { bytes: Buffer.from(children) })]),
    file(`containers/indexes/sha256-${hex('1')}.json`, madeHex, { bytes: Buffer.from(made) }),
    file(`sources/images/sha256-${hex('2')}.json`, '2', { bytes: Buffer.from(PINNED) }),
    imageFile('containers/x.tgz', 'a56'),
    imageFile('containers/x_arm64.tgz', arm),
    imageFile('containers/y.tgz', '2c8d9'),
  ];
  const findings = createFindings(new Map(files.map((each) => [each.path, each])));
  checkIndexes(ARTIFACTS, findings);
  return findings.checks().map(({ path, expected, found }) => `${path}: ${expected ?? ''}; ${found ?? ''}`);
}

test('tables that agree with images and indexes hold, an index that lists a manifest twice too', () => assert.deepEqual(told({}), []));

for (const [what, change, ...wanted] of [
  ['no tables at all', { indexes: '', children: '' }, `containers/indexes.tsv: ${sha('2')} of containers/y.tgz; no such row`],
  [
    'an index that is left out',
    { indexes: INDEXES.replace(/\n.*x:1\n/, '\n') },
    `containers/children.tsv: rows of containers/indexes.tsv; ${sha('1')}`,
    'containers/indexes.tsv: an index for x:1; no such row',
  ],
  ['a manifest that is left out', { children: CHILDREN.replace(/\n.*\n/, '\n') }, `containers/children.tsv: the manifests of ${sha('1')}; 1 of 2`],
  ['a target of nobody', { indexes: INDEXES.replace('y:1', 'z:1') }, 'containers/indexes.tsv: targets of its images; z:1'],
  ['an index file with other bytes', { madeHex: '3' }, `containers/indexes/sha256-${hex('1')}.json: ${sha('1')}; ${sha('3')}`],
  [
    'an index file that is missing',
    { indexes: INDEXES.replace('sources/images', 'sources/other') },
    `containers/children.tsv: the manifests of ${sha('2')}; 2 of 0`,
    `containers/indexes.tsv: ${sha('2')}; no sources/other/sha256-${hex('2')}.json`,
  ],
  ['an index that is no JSON', { made: '?'.repeat(MADE.length) }, `containers/children.tsv: the manifests of ${sha('1')}; 2 of 0`],
  ['a manifest in no image file', { arm: '76' }, `containers/children.tsv: ${sha('b')} and its blobs in an image file; not all of them in any`],
  ['a blob in no image file', { arm: 'b6' }, `containers/children.tsv: ${sha('b')} and its blobs in an image file; not all of them in any`],
  ['another table', { children: 'nothing\n' }, 'containers/children.tsv: index digest media_type blobs; another table'],
] as const) {
  test(`tells ${what}`, () => assert.deepEqual(told(change), wanted));
}
