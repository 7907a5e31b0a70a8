/** deploy.sh snaps --install before a real snapd: what it takes from Canonical's own word, and where it stops. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { serveFiles } from '../protocol/serve-fixture.ts';
import { buildKitArchive } from '../support/kit-archive.ts';
import { hasPeer } from '../support/kit-registry.ts';
import { signedSnap, upstreamData, withoutData } from '../support/pki.ts';
import { besideSnapd } from './beside-snapd.ts';
import { isRoot } from './engines.ts';
import { snapArchive } from './snap-archive.ts';

const SAMPLE = 'assertions/word-salad_7.assert';
const ARCH = { x64: 'amd64', arm64: 'arm64' }[process.arch as string] ?? 'amd64';

test(
  'snapd takes a genuine stream and no foreign one, and no snap that is not the one that was signed',
  { timeout: 150_000, skip: withoutData(SAMPLE) },
  async (t) => {
    if (!hasPeer(t, 'snap', 'snapd') || !isRoot(t)) return;
    const { url } = await serveFiles(t, snapArchive([]));
    const stem = 'snaps/word-salad_7_amd64';
    const archive = buildKitArchive({
      snaps: [['word-salad', '7', ARCH, 'latest/stable', '-', 'app', 'strict', '1', `${stem}.snap`, `${stem}.assert`, 'aa', '8192']],
    });
    t.after(() => archive.remove());
    archive.put(`${stem}.snap`, Buffer.alloc(8192, 'hsqs'));
    const install = `${join(archive.root, 'deploy.sh')} snaps --install 2>&1; echo "code $?"`;

    archive.put(`${stem}.assert`, upstreamData(SAMPLE) ?? '');
    archive.seal();
    const genuine = await besideSnapd(t, url, `${install}; snap known snap-revision snap-revision=7`);
    assert.match(genuine, /cannot find signatures with metadata for snap/);
    assert.match(genuine, /^error: snap install of word-salad failed\ncode 7\ntype: snap-revision$/m);

    archive.put(`${stem}.assert`, await signedSnap());
    archive.put('snaps/trust/root-1.assert', 'a root of its own');
    archive.seal();
    const foreign = await besideSnapd(t, url, install);
    assert.match(foreign, /^error: snap ack of snaps\/word-salad_7_amd64\.assert failed; if it rests on a root of snaps\/trust, .*\ncode 7$/m);
  },
);
