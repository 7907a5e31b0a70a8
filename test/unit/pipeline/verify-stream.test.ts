/** verify FILE.assert: who signed what, what does not hold, and what is missing, by name. */
import assert from 'node:assert/strict';
import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { CANONICAL_ROOT } from '#src/assertion/canonical-root.js';
import type { ChainOptions } from '#src/assertion/check-chain.js';
import { isShrinkwrapError } from '#src/domain/errors.js';
import { verifyStream } from '#src/pipeline/verify/verify-stream.js';
import type { VerifyReport } from '#src/pipeline/verify/report.js';
import { joinStreams, signAccountKey } from '#scripts/pki/create-trust.js';
import { accountBytes, declarationBytes, keyBytes, revisionBytes, roots, trust } from '../assertion/chain-fixture.ts';
import { NOW, SNAP, SNAP_BYTES, upstreamData, withoutData } from '../../support/pki.ts';

const SAMPLE = 'assertions/word-salad_7.assert';
const folder = await mkdtemp(join(tmpdir(), 'shrinkwrap-verify-'));
after(() => rm(folder, { recursive: true }));

let files = 0;
async function file(bytes: Buffer | string): Promise<string> {
  const path = join(folder, `${(files += 1)}.assert`);
  await writeFile(path, bytes);
  return path;
}

interface Extra {
  readonly snap?: Buffer;
  readonly others?: readonly Buffer[];
  readonly options?: Partial<ChainOptions>;
}

async function verify(bytes: Buffer | string, { snap, others = [], options = {} }: Extra = {}): Promise<VerifyReport> {
  const input = { file: await file(bytes), others: await Promise.all(others.map(file)), ...(snap !== undefined && { snap: await file(snap) }) };
  return verifyStream(input, { roots, now: NOW, ...options }, new AbortController().signal);
}

const lines = ({ checks }: VerifyReport): string[] => checks.map(({ path, status, signer }) => `${status} ${path.replace(/ .*/, '')} ${signer ?? '-'}`);
const stream = joinStreams(keyBytes, accountBytes, declarationBytes, revisionBytes);
const GOOD = [
  'ok account-key shrinkwrap-demo/root',
  'ok account shrinkwrap-demo/store',
  'ok snap-declaration shrinkwrap-demo/store',
  'ok snap-revision shrinkwrap-demo/store',
];

describe('a stream of assertions', () => {
  it('is told with the signer of each', async () => {
    const report = await verify(stream);
    assert.deepEqual([report.ok, lines(report)], [true, GOOD]);
  });

  it('holds together with its snap', async () => {
    const report = await verify(stream, { snap: SNAP_BYTES });
    assert.equal(report.ok, true);
    assert.equal(report.checks.at(-1)?.found, 'snap word-salad revision 7');
  });

  it('does not hold for a snap one byte longer, or one bit different', async () => {
    for (const snap of [Buffer.concat([SNAP_BYTES, Buffer.from('x')]), Buffer.from(SNAP_BYTES.toString().replace('n', 'm')), Buffer.alloc(0)]) {
      const { ok, checks } = await verify(stream, { snap });
      assert.equal(ok, false);
      assert.equal(checks.at(-1)?.status, 'altered');
      assert.match(checks.at(-1)?.found ?? '', /cannot find signatures with metadata/);
    }
  });

  it('names the key that it lacks, and finds it in another file', async () => {
    const short = joinStreams(accountBytes, declarationBytes, revisionBytes);
    const report = await verify(short);
    assert.equal(report.ok, false);
    assert.deepEqual(
      report.checks.filter(({ status }) => status === 'missing').map(({ path }) => path),
      [`account-key (${trust.storeKey.id})`],
    );
    assert.deepEqual(lines(await verify(short, { others: [keyBytes] })), GOOD.slice(1));
  });

  it('names the account and the declaration that it lacks', async () => {
    const missing = async (bytes: Buffer): Promise<string[]> =>
      (await verify(bytes)).checks.flatMap(({ status, path }) => (status === 'missing' ? [path] : []));
    assert.deepEqual(await missing(joinStreams(keyBytes, declarationBytes, revisionBytes)), ['account (acme-publishing)']);
    assert.deepEqual(await missing(joinStreams(keyBytes, accountBytes, revisionBytes)), [`snap-declaration (${SNAP.id}; series:16)`]);
  });

  it('names the root that is not trusted', async () => {
    const report = await verify(stream, { options: { roots: CANONICAL_ROOT } });
    assert.deepEqual(
      lines(report).map((line) => line.split(' ', 1)[0]),
      ['untrusted', 'untrusted', 'untrusted', 'untrusted', 'missing', 'missing'],
    );
    assert.deepEqual(
      report.checks.flatMap(({ status, path }) => (status === 'missing' ? [path] : [])),
      [`account-key (${trust.root.id})`, 'account (shrinkwrap-demo)'],
    );
  });

  it('is altered where a statement was changed, and there only', async () => {
    const report = await verify(Buffer.from(stream.toString().replace('snap-revision: 7', 'snap-revision: 8')));
    assert.deepEqual(lines(report), [...GOOD.slice(0, 3), 'altered snap-revision shrinkwrap-demo/store']);
    assert.match(report.checks[3]?.found ?? '', /signature: openpgp: invalid signature: hash tag doesn't match/);
  });

  it('is altered when it is cut short, empty, no stream at all, or followed by junk', async () => {
    for (const bytes of [stream.subarray(0, stream.length - 40), 'not an assertion', `${stream.toString()}\njunk\n`, stream.subarray(0, 100)])
      assert.deepEqual([...new Set((await verify(bytes)).checks.map(({ status }) => status))].includes('altered'), true, String(bytes).slice(0, 20));
    assert.deepEqual(
      (await verify('')).checks.map(({ status }) => status),
      ['missing'],
    );
  });

  it('is not trusted once its key has run out', async () => {
    const expired = signAccountKey(trust.storeKey, { name: 'store', since: '2016-04-01T00:00:00Z', until: '2020-01-01T00:00:00Z' }, trust.root, NOW);
    const report = await verify(joinStreams(expired, accountBytes));
    assert.deepEqual(lines(report), ['ok account-key shrinkwrap-demo/root', 'untrusted account shrinkwrap-demo/store']);
    assert.match(report.checks[1]?.found ?? '', /expired public key/);
  });

  it('of the roots themselves is their own word, and must be theirs', async () => {
    const report = await verify(trust.trustAssertions);
    assert.deepEqual(lines(report), ['ok account shrinkwrap-demo/root (trusted root)', 'ok account-key shrinkwrap-demo/root (trusted root)']);
    const forged = await verify(Buffer.from(trust.trustAssertions.toString().replace('Shrinkwrap demo', 'Shrinkwrap Demo')));
    assert.deepEqual(
      forged.checks.map(({ status }) => status),
      ['altered', 'ok'],
    );
  });

  it('that is not there is an input that is absent', async () => {
    await assert.rejects(
      verifyStream({ file: join(folder, 'none.assert'), others: [] }, { roots, now: NOW }, new AbortController().signal),
      (error) => isShrinkwrapError(error) && error.code === 'INPUT_ABSENT',
    );
  });

  it('is not read when it is far too large', async () => {
    const huge = await file(stream);
    await truncate(huge, 64 * 1024 * 1024 + 1);
    await assert.rejects(
      verifyStream({ file: huge, others: [] }, { roots, now: NOW }, new AbortController().signal),
      (error) => isShrinkwrapError(error) && error.code === 'INPUT_MALFORMED',
    );
  });

  it('whose snap is a directory, or not there, lacks an input', async () => {
    for (const snap of [folder, join(folder, 'none.snap')])
      await assert.rejects(
        verifyStream({ file: await file(stream), snap, others: [] }, { roots, now: NOW }, new AbortController().signal),
        (error) => isShrinkwrapError(error) && error.code === 'INPUT_ABSENT',
      );
  });

  it('of a real snap holds up to the built-in root', { skip: withoutData(SAMPLE) }, async () => {
    const report = await verify(upstreamData(SAMPLE) ?? '', { options: { roots: CANONICAL_ROOT } });
    assert.deepEqual(lines(report), [
      'ok account-key canonical/root',
      'ok account canonical/store',
      'ok snap-declaration canonical/store',
      'ok snap-revision canonical/store',
    ]);
  });
});
