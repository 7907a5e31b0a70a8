/** rehearse: the snaps of an unpacked archive against the plan, down to their chains. */
import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { MaxFormat } from '#src/assertion/assertion.js';
import type { SnapArtifact } from '#src/domain/artifact.js';
import { digest } from '#src/domain/digest.js';
import { compareWithPlan } from '#src/pipeline/rehearse/compare.js';
import { NOW, PUBLISHER, SNAP, SNAP_BYTES, signedSnap } from '../../support/pki.ts';
import { tempDir } from '../../support/temp-dir.ts';
import { trust } from '../assertion/chain-fixture.ts';

const planned: SnapArtifact = {
  ...{ kind: 'snap', path: 'snaps/x.snap', assertPath: 'snaps/x.assert', name: SNAP.name, version: '1', revision: SNAP.revision, arch: 'amd64', id: SNAP.id },
  ...{ channel: 'latest/stable', base: 'core22', type: 'app', confinement: 'strict', publisherId: PUBLISHER.id, order: 1, size: SNAP.size },
  ...{ digests: [digest('sha3-384', SNAP.sha3_384)], source: 'https://api.snapcraft.io/x', reasons: ['test'] },
};

async function compare(t: TestContext, stream: Buffer | undefined, { bytes = SNAP_BYTES, maxFormat }: { bytes?: Buffer; maxFormat?: MaxFormat } = {}) {
  const site = tempDir(t);
  await mkdir(join(site, 'snaps'));
  await writeFile(join(site, planned.path), bytes);
  if (stream !== undefined) await writeFile(join(site, planned.assertPath), stream);
  const settings = { snapTrust: [{ file: 'root.assert', bytes: trust.trustAssertions }], now: NOW, ...(maxFormat !== undefined && { maxFormat }) };
  const [check] = await compareWithPlan({ site, plan: { artifacts: [planned], files: [] }, settings, signal: t.signal });
  return [check?.path, check?.status, check?.error?.code];
}

test('a snap holds with its chain', async (t) => {
  assert.deepEqual(await compare(t, await signedSnap()), [planned.path, 'ok', undefined]);
});

test('a snap does not hold when its bytes or its chain changed, or when there is none', async (t) => {
  assert.deepEqual(await compare(t, await signedSnap(), { bytes: Buffer.from('hsqs, but NOT really') }), [planned.path, 'altered', undefined]);
  assert.deepEqual(await compare(t, await signedSnap({ revision: 8 })), [planned.path, 'altered', 'INTEGRITY_SNAP']);
  assert.deepEqual(await compare(t, undefined), [planned.assertPath, 'missing', undefined]);
});

test('a format that only a newer snapd reads holds when the site is said to have one', async (t) => {
  const stream = await signedSnap({ declaration: { format: '6' } });
  assert.deepEqual(await compare(t, stream), [planned.path, 'altered', 'INTEGRITY_SNAP']);
  assert.deepEqual(await compare(t, stream, { maxFormat: { 'snap-declaration': 6 } }), [planned.path, 'ok', undefined]);
});
