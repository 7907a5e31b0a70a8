/** Snaps with true signatures, laid out like an unpacked archive. */
import type { SnapToSign } from '#scripts/pki/sign-snap.js';
import { type Files, manifest, sha256 } from '../protocol/serve-fixture.ts';

export interface ArchivedSnap {
  readonly snap: Pick<SnapToSign, 'name' | 'id' | 'revision' | 'size' | 'sha3_384'>;
  readonly bytes: Buffer;
  /** The .assert file. */
  readonly stream: Buffer;
  readonly channel: string;
  /** Absent: an app of core20. */
  readonly type?: string;
  readonly yaml?: string;
}

const COLUMNS = 'name revision arch channel base type confinement order file assert sha3_384 size'.replaceAll(' ', '\t');

export function snapArchive(snaps: readonly ArchivedSnap[]): Files {
  const stem = ({ snap: { name, revision } }: ArchivedSnap): string => `${name}_${revision}_amd64`;
  const artifacts = snaps.map((one) => ({
    ...{ kind: 'snap', name: one.snap.name, id: one.snap.id, revision: one.snap.revision, version: '1.32.9', arch: 'amd64' },
    ...{ path: `snaps/${stem(one)}.snap`, size: one.bytes.length, digests: { sha256: sha256(one.bytes), 'sha3-384': one.snap.sha3_384 } },
  }));
  const rows = snaps.map((one) => {
    const kind = one.type === undefined ? ['core20', 'app', 'classic'] : ['-', one.type, 'strict'];
    const files = [`snaps/${stem(one)}.snap`, `snaps/${stem(one)}.assert`];
    return [one.snap.name, one.snap.revision, 'amd64', one.channel, ...kind, 1, ...files, one.snap.sha3_384, one.bytes.length].join('\t');
  });
  const files = snaps.map((one): Files => ({
    [`snaps/${stem(one)}.snap`]: one.bytes,
    [`snaps/${stem(one)}.assert`]: one.stream,
    [`sources/snaps/${stem(one)}/snap.yaml`]: one.yaml ?? `name: ${one.snap.name}\nversion: 1.32.9\n`,
  }));
  return Object.assign({ 'manifest.json': manifest(artifacts), 'snaps/snaps.tsv': [COLUMNS, ...rows, ''].join('\n') }, ...files) as Files;
}
