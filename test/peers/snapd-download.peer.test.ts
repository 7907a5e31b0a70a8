/** The .assert files beside those of `snap download`: the same server, the same root, the same bytes; snapd's own checks agree that they belong to the snap. */
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { createSnapStore } from '#src/clients/snap-store.js';
import { joinStreams, signAccountKey } from '#scripts/pki/create-trust.js';
import { createSigningKey } from '#scripts/pki/key.js';
import { signSnap } from '#scripts/pki/sign-snap.js';
import { serveFiles } from '../protocol/serve-fixture.ts';
import { testHttp } from '../support/http-client.ts';
import { NOW, PUBLISHER, SNAP, SNAP_BYTES, signedSnap } from '../support/pki.ts';
import { tempDir } from '../support/temp-dir.ts';
import { accountBytes, declarationBytes, declarationHeaders, keyBytes, revisionHeaders, roots, sign, trust } from '../unit/assertion/chain-fixture.ts';
import { run } from './engines.ts';
import { snapArchive } from './snap-archive.ts';
import { snapdProgram } from './snapd-go.ts';

const CHANNEL = '1.32/stable';

test('our streams are byte for byte what snap download writes', { timeout: 300_000 }, async (t) => {
  const program = await snapdProgram(t, 'snapd-download');
  if (program === undefined) return;
  const folder = tempDir(t);
  await writeFile(join(folder, 'trust.assert'), trust.trustAssertions);
  const { publisher: _, ...own } = SNAP;
  const developer = sign({ type: 'account', 'account-id': 'dev-eloper', 'display-name': 'Dev', validation: 'unproven' });
  const factory = await createSigningKey(PUBLISHER.id, 2048);
  const factoryKey = signAccountKey(factory, { name: 'factory', since: '2016-04-01T00:00:00Z' }, trust.storeKey, NOW);
  const delegating = sign({ ...declarationHeaders, 'revision-authority': [{ 'account-id': PUBLISHER.id, provenance: ['my-factory'] }] });
  const cases: Record<string, { stream: Buffer; provenance?: string }> = {
    'of a publisher': { stream: await signedSnap() },
    'of the root itself': { stream: signSnap(own, trust, NOW) },
    'of another developer': {
      stream: joinStreams(keyBytes, accountBytes, declarationBytes, developer, sign({ ...revisionHeaders, 'developer-id': 'dev-eloper' })),
    },
    'of another provenance': {
      stream: joinStreams(keyBytes, accountBytes, delegating, factoryKey, sign({ ...revisionHeaders, provenance: 'my-factory' }, factory)),
      provenance: 'my-factory',
    },
  };
  for (const [what, { stream, provenance }] of Object.entries(cases)) {
    const yaml = `name: ${SNAP.name}\nversion: 1\n${provenance === undefined ? '' : `provenance: ${provenance}\n`}`;
    const { url } = await serveFiles(t, snapArchive([{ snap: SNAP, bytes: SNAP_BYTES, stream, channel: CHANNEL, yaml }]));
    const target = join(folder, 'x.snap');
    const theirs = await run(program, url, SNAP.name, CHANNEL, join(folder, 'trust.assert'), target);
    assert.deepEqual(await readFile(target), SNAP_BYTES, what);
    const store = createSnapStore({ http: testHttp(t), baseUrl: url, roots });
    const ours = await store.assertions({ name: SNAP.name, sha3_384: SNAP.sha3_384, arch: 'amd64', ...(provenance !== undefined && { provenance }) });
    assert.equal(ours.toString(), theirs, what);
    assert.equal(ours.toString(), stream.toString(), what);
  }
});
