/** Snaps with their assertions, laid out like an unpacked archive; the signatures are made up. */
import { type Files, manifest, sha256, sha3 } from './serve-fixture.ts';

export const SNAP_ID = 'UQEdRgY5gr1dI2fwIDOgUQidMZauRqt7';
export const SNAP = Buffer.from('hsqs word-salad, revision 7');
export const SNAP_EDGE = Buffer.from('hsqs word-salad, revision 9 for arm64');
export const STORE_KEY = 'BWDEoaqyr25nF5SNCvEv2v7QnM9QsfCc0PBMYD_i2NGSQ32EF2d4D0hqUel3m8ul';

const assertion = (lines: readonly string[], body?: string): string => {
  const length = body === undefined ? [] : [`body-length: ${body.length}`];
  return [...lines, ...length, `sign-key-sha3-384: ${STORE_KEY}`, ...(body === undefined ? [] : ['', body]), '', 'c2lnbmF0dXJl', ''].join('\n');
};

export const ACCOUNT_KEY = assertion(
  ['type: account-key', 'authority-id: canonical', 'revision: 2', `public-key-sha3-384: ${STORE_KEY}`, 'account-id: canonical'],
  'AcbBTQRWhcGAARAA',
);
export const ACCOUNT = assertion([
  'type: account',
  'authority-id: canonical',
  'account-id: ekRMaarzOfN1Vu3sDY0Bt1aGnM8Cd4kG',
  'display-name: Salad Bar',
  'username: salad',
  'validation: starred',
]);
export const declaration = (format: number, revision: number): string =>
  assertion([
    'type: snap-declaration',
    ...(format === 0 ? [] : [`format: ${format}`]),
    'authority-id: canonical',
    `revision: ${revision}`,
    'series: 16',
    `snap-id: ${SNAP_ID}`,
    'publisher-id: ekRMaarzOfN1Vu3sDY0Bt1aGnM8Cd4kG',
    'snap-name: word-salad',
  ]);
export const revisionAssertion = (bytes: Buffer, revision: number): string =>
  assertion([
    'type: snap-revision',
    'authority-id: canonical',
    `snap-sha3-384: ${sha3(bytes).toString('base64url')}`,
    'developer-id: ekRMaarzOfN1Vu3sDY0Bt1aGnM8Cd4kG',
    `snap-id: ${SNAP_ID}`,
    `snap-revision: ${revision}`,
    `snap-size: ${bytes.length}`,
  ]);

export const SNAP_YAML = 'name: word-salad\nversion: 1.0\nsummary: Words\nbase: core18\narchitectures: [amd64]\n';
const SNAP_COLUMNS = 'name revision arch channel base type confinement order file assert sha3_384 size'.replaceAll(' ', '\t');

const snapRow = (revision: number, arch: string, bytes: Buffer): object => ({
  kind: 'snap',
  name: 'word-salad',
  id: SNAP_ID,
  revision,
  version: '1.0',
  arch,
  path: `snaps/word-salad_${revision}_${arch}.snap`,
  size: bytes.length,
  digests: { sha256: sha256(bytes), 'sha3-384': sha3(bytes).toString('hex') },
});

export const snapFiles = (): Files => ({
  'manifest.json': manifest([snapRow(7, 'amd64', SNAP), snapRow(9, 'arm64', SNAP_EDGE)]),
  'snaps/snaps.tsv': [
    SNAP_COLUMNS,
    [
      'word-salad',
      7,
      'amd64',
      '1.32/stable',
      'core18',
      'app',
      'classic',
      1,
      'snaps/word-salad_7_amd64.snap',
      'snaps/word-salad_7_amd64.assert',
      sha3(SNAP).toString('hex'),
      SNAP.length,
    ].join('\t'),
    [
      'word-salad',
      9,
      'arm64',
      'latest/edge',
      '-',
      'app',
      'strict',
      1,
      'snaps/word-salad_9_arm64.snap',
      'snaps/word-salad_9_arm64.assert',
      sha3(SNAP_EDGE).toString('hex'),
      SNAP_EDGE.length,
    ].join('\t'),
    '',
  ].join('\n'),
  'snaps/word-salad_7_amd64.snap': SNAP,
  'snaps/word-salad_7_amd64.assert': [ACCOUNT_KEY, ACCOUNT, declaration(0, 3), revisionAssertion(SNAP, 7)].join('\n'),
  'snaps/word-salad_9_arm64.snap': SNAP_EDGE,
  'snaps/word-salad_9_arm64.assert': [ACCOUNT_KEY, declaration(4, 5), revisionAssertion(SNAP_EDGE, 9)].join('\n'),
  'snaps/trust/root.assert': ACCOUNT.replace('ekRMaarzOfN1Vu3sDY0Bt1aGnM8Cd4kG', 'testrootorg'),
  'sources/snaps/word-salad_7_amd64/snap.yaml': SNAP_YAML,
});
