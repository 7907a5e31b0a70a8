/** Our chains before snapd's own assertion package: what we call valid it must accept, and what it refuses we must not accept. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import { CANONICAL_ROOT } from '#src/assertion/canonical-root.js';
import { checkChain } from '#src/assertion/check-chain.js';
import { decodeStream } from '#src/assertion/decode-stream.js';
import type { TrustRoots } from '#src/assertion/trust-roots.js';
import { isShrinkwrapError } from '#src/domain/errors.js';
import { joinStreams, signAccountKey } from '#scripts/pki/create-trust.js';
import { createSigningKey } from '#scripts/pki/key.js';
import { NOW, PUBLISHER, signedSnap, upstreamData, withoutData } from '../support/pki.ts';
import { tempDir } from '../support/temp-dir.ts';
import {
  accountBytes,
  declarationBytes,
  declarationHeaders,
  keyBytes,
  revisionBytes,
  revisionHeaders,
  roots,
  sign,
  trust,
} from '../unit/assertion/chain-fixture.ts';
import { MUTATIONS, randomFrom } from '../unit/assertion/mutations.ts';
import { snapdProgram } from './snapd-go.ts';

const SAMPLE = 'assertions/word-salad_7.assert';
const run = promisify(execFile);

/** `ok` or `refused: WHY` of each stream. */
type Judge = (trusted: Buffer, streams: readonly Buffer[]) => Promise<string[]>;

async function snapd(t: TestContext): Promise<Judge | undefined> {
  const program = await snapdProgram(t, 'snapd-asserts');
  if (program === undefined) return undefined;
  const folder = tempDir(t);
  return async (trusted, streams) => {
    const write = async (name: string, bytes: Buffer): Promise<string> => {
      await writeFile(join(folder, name), bytes);
      return join(folder, name);
    };
    const files = await Promise.all(streams.map((bytes, index) => write(`${index}.assert`, bytes)));
    const { stdout } = await run(program, [await write('trust', trusted), ...files], { maxBuffer: 1 << 26 });
    return stdout.trimEnd().split('\n');
  };
}

function isAccepted(bytes: Buffer, given: TrustRoots): boolean {
  try {
    return checkChain(decodeStream(bytes), { roots: given, now: NOW }).ok;
  } catch (error) {
    if (isShrinkwrapError(error)) return false;
    throw error;
  }
}

test('snapd and we agree on chains that are good and on chains that are not', { timeout: 300_000 }, async (t) => {
  const judge = await snapd(t);
  if (judge === undefined) return;
  const since = '2016-04-01T00:00:00Z';
  const factory = await createSigningKey(PUBLISHER.id, 2048);
  const factoryKey = signAccountKey(factory, { name: 'factory', since }, trust.storeKey, NOW);
  const delegatedTo = (authority: Readonly<Record<string, string | readonly string[]>>): Buffer =>
    joinStreams(
      ...[keyBytes, accountBytes, factoryKey, sign({ ...declarationHeaders, 'revision-authority': [authority] })],
      sign({ ...revisionHeaders, provenance: 'my-factory' }, factory),
    );
  const expired = signAccountKey(trust.storeKey, { name: 'store', since, until: '2020-01-01T00:00:00Z' }, trust.root, NOW);
  const developer = sign({ type: 'account', 'account-id': 'dev-eloper', 'display-name': 'Dev', validation: 'unproven' });
  const cases: Record<string, Buffer> = {
    'a snap of a publisher': await signedSnap(),
    'in another order': joinStreams(revisionBytes, declarationBytes, accountBytes, keyBytes),
    'a developer who is not the publisher': joinStreams(
      keyBytes,
      accountBytes,
      declarationBytes,
      developer,
      sign({ ...revisionHeaders, 'developer-id': 'dev-eloper' }),
    ),
    'a revoked declaration': await signedSnap({ name: '' }),
    'plugs, aliases and format 1': await signedSnap({
      declaration: { format: '1', aliases: [{ name: 'ws', target: 'word-salad' }], plugs: { 'network-manager': { 'allow-auto-connection': 'true' } } },
    }),
    'a delegated revision': delegatedTo({ 'account-id': PUBLISHER.id, provenance: ['my-factory'] }),
    'a revision delegated to another': delegatedTo({ 'account-id': 'canonical', provenance: ['my-factory'] }),
    'a revision above the delegated ones': delegatedTo({ 'account-id': PUBLISHER.id, provenance: ['my-factory'], 'max-revision': '6' }),
    'a revision signed by its publisher': joinStreams(keyBytes, accountBytes, factoryKey, declarationBytes, sign(revisionHeaders, factory)),
    'without the key': joinStreams(accountBytes, declarationBytes, revisionBytes),
    'without the account': joinStreams(keyBytes, declarationBytes, revisionBytes),
    'without the declaration': joinStreams(keyBytes, accountBytes, revisionBytes),
    'an expired key': joinStreams(expired, accountBytes, declarationBytes, revisionBytes),
    'a format that is too new': joinStreams(keyBytes, accountBytes, sign({ ...declarationHeaders, format: '6' }), revisionBytes),
    'a revision of zero': joinStreams(keyBytes, accountBytes, declarationBytes, sign({ ...revisionHeaders, 'snap-revision': '0' })),
    'a timestamp before the key': joinStreams(keyBytes, accountBytes, declarationBytes, sign({ ...revisionHeaders, timestamp: '2015-01-01T00:00:00Z' })),
    'junk behind': Buffer.concat([await signedSnap(), Buffer.from('\njunk\n')]),
  };
  const verdicts = await judge(trust.trustAssertions, Object.values(cases));
  const theirs = Object.fromEntries(Object.keys(cases).map((name, index) => [name, verdicts[index] === 'ok']));
  const ours = Object.fromEntries(Object.entries(cases).map(([name, bytes]) => [name, isAccepted(bytes, roots)]));
  assert.deepEqual(ours, theirs, verdicts.join('\n'));
  assert.equal(Object.values(ours).filter(Boolean).length, 6);
});

test('snapd accepts every damaged stream that we accept', { timeout: 300_000 }, async (t) => {
  const judge = await snapd(t);
  if (judge === undefined) return;
  const random = randomFrom(20_261_121);
  const damagedCopies = (stream: Buffer): Buffer[] =>
    Array.from({ length: 1500 }, () => (MUTATIONS[random(MUTATIONS.length)] ?? ((bytes) => bytes))(stream, random));
  const made = damagedCopies(await signedSnap());
  const verdicts = await judge(trust.trustAssertions, made);
  const accepted = made.map((bytes) => isAccepted(bytes, roots));
  assert.deepEqual(
    made.flatMap((bytes, index) => (accepted[index] === true && verdicts[index] !== 'ok' ? [`${verdicts[index] ?? ''}\n${bytes.toString()}`] : [])),
    [],
  );
  assert.ok(verdicts.filter((verdict) => verdict !== 'ok').length > 1000);
});

test('snapd and we accept the real chain under the real root', { timeout: 300_000, skip: withoutData(SAMPLE) }, async (t) => {
  const judge = await snapd(t);
  if (judge === undefined) return;
  const real = upstreamData(SAMPLE) ?? Buffer.alloc(0);
  assert.deepEqual(await judge(upstreamData('snap-trust/canonical-root.assert') ?? Buffer.alloc(0), [real]), ['ok']);
  assert.equal(isAccepted(real, CANONICAL_ROOT), true);
});
