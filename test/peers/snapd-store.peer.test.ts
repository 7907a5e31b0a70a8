/** The embedded snap store before snapd itself: its own client with all that a machine with snaps asks, and the daemon behind `snap info`. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import type { SnapToSign } from '#scripts/pki/sign-snap.js';
import { serveFiles, type Files } from '../protocol/serve-fixture.ts';
import { hasPeer } from '../support/kit-registry.ts';
import { PUBLISHER, signedSnap, testTrust, upstreamData } from '../support/pki.ts';
import { tempDir } from '../support/temp-dir.ts';
import { besideSnapd } from './beside-snapd.ts';
import { isRoot, run } from './engines.ts';
import { type ArchivedSnap, snapArchive } from './snap-archive.ts';
import { snapdProgram } from './snapd-go.ts';

const CHANNEL = '1.32/stable';
/** What the control plane asks for at each reconcile (facts/errata.md 8). */
const SNAPS = ['kubectl', 'kubelet', 'kube-proxy', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'cdk-addons'];
/** What snapd wants to install before any of them. */
const FOUNDATIONS: Readonly<Record<string, string>> = { core20: 'base', snapd: 'snapd' };

const bytesOf = (name: string): Buffer => Buffer.from(`hsqs ${name}`);
const snapOf = (name: string, revision: number, declarationRevision: number): SnapToSign => ({
  name,
  id: createHash('sha256').update(name).digest('hex').slice(0, 32),
  revision,
  size: bytesOf(name).length,
  sha3_384: createHash('sha3-384').update(bytesOf(name)).digest('hex'),
  publisher: PUBLISHER,
  declaration: { revision: String(declarationRevision) },
});

/** An archive with each of them and what they stand on at revision 7; the declaration of the first is newer than what the machine holds. */
async function archive(): Promise<Files> {
  const snaps = [...SNAPS, ...Object.keys(FOUNDATIONS)].map((name, index) => snapOf(name, 7, index === 0 ? 2 : 1));
  const archived = snaps.map(async (snap): Promise<ArchivedSnap> => {
    const type = FOUNDATIONS[snap.name];
    return { snap, bytes: bytesOf(snap.name), stream: await signedSnap(snap), channel: CHANNEL, ...(type !== undefined && { type }) };
  });
  return snapArchive(await Promise.all(archived));
}

test('snapd refreshes its assertions and seven snaps, installs one without a channel, and gets a session for it', { timeout: 300_000 }, async (t) => {
  const program = await snapdProgram(t, 'snapd-store');
  if (program === undefined) return;
  const folder = tempDir(t);
  const put = async (name: string, bytes: Buffer): Promise<string> => {
    await writeFile(join(folder, name), bytes);
    return join(folder, name);
  };
  // The archive does not know lxd: it must not fail the others.
  const held = await Promise.all([...SNAPS, 'lxd'].map(async (name) => put(`${name}.assert`, await signedSnap(snapOf(name, 1, 1)))));
  const { url, lines } = await serveFiles(t, await archive());
  const target = join(folder, 'kubectl.snap');
  const text = await run(program, url, CHANNEL, target, await put('trust.assert', (await testTrust()).trustAssertions), ...held);
  const each = <T>(value: T): Record<string, T> => Object.fromEntries(SNAPS.map((name) => [name, value]));
  assert.deepEqual(JSON.parse(text), {
    'assertion-errors': {},
    declarations: { ...each(1), kubectl: 2, lxd: 1 },
    info: { ...each({ [CHANNEL]: '7' }), lxd: { error: 'snap not found' } },
    install: { kubectl: `7 ${CHANNEL} ${CHANNEL} classic` },
    names: [...SNAPS, ...Object.keys(FOUNDATIONS)].toSorted(),
    refresh: each(`7 ${CHANNEL}  classic`),
    'refresh-again': each('snap has no updates available'),
    sections: 0,
    sessions: ['any-device'],
  });
  assert.deepEqual(await readFile(target), bytesOf('kubectl'));
  assert.deepEqual(
    lines.filter((line) => !/ 20\d$/.test(line)).map((line) => line.split('?', 1)[0]),
    ['GET /v2/snaps/info/lxd'],
  );
});

test('snap info shows the channels as the charms read them; snap install goes as far as a foreign root allows', { timeout: 150_000 }, async (t) => {
  if (!hasPeer(t, 'snap', 'snapd') || !isRoot(t)) return;
  const { url, lines } = await serveFiles(t, await archive());
  const real = upstreamData('assertions/word-salad_7.assert');
  const genuine = join(tempDir(t), 'word-salad_7.assert');
  if (real !== undefined) await writeFile(genuine, real);
  const text = await besideSnapd(
    t,
    url,
    `snap info ${SNAPS.join(' ')}
    snap install kubectl --classic --channel ${CHANNEL} 2>&1
    ${real === undefined ? '' : `snap ack ${genuine} && snap known snap-declaration snap-name=word-salad`}`,
  );
  for (const name of SNAPS)
    assert.match(text, new RegExp(`^name: +${name}\\n(?:(?!name:).*\\n)*channels:\\n  ${CHANNEL}: +1\\.32\\.9 +2026-11-21 +\\(7\\).* classic$`, 'm'), text);
  assert.match(text, /Fetch and check assertions for snap "snapd" \(7\) \(cannot find supported signatures to verify snap "snapd"/);
  assert.ok(
    lines.some((line) => line.startsWith('GET /v2/assertions/snap-revision/') && line.endsWith(' 200')),
    lines.join('\n'),
  );
  if (real !== undefined) assert.match(text, /^snap-name: word-salad$/m);
});
