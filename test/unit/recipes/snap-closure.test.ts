/** What a snap needs beside it, found until nothing is new, and the order in which it all installs (facts/snap-store.md 6.2). */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { digest } from '#src/domain/digest.js';
import type { SnapRelease, SnapWanted } from '#src/domain/releases.js';
import { parseSnapWish, resolveSnapClosure, snapChannels, type ResolvedSnap, type SnapWant } from '#src/recipes/snap-closure.js';
import { snapNeeds } from '#src/recipes/snap-needs.js';
import { installOrder } from '#src/recipes/snap-order.js';
import { failsWith } from '../../protocol/snap-store-fixture.ts';

const release = (name: string, changes: Partial<SnapRelease> = {}): SnapRelease => ({
  name,
  id: name,
  revision: 1,
  version: '1',
  channel: 'latest/stable',
  arch: 'amd64',
  base: 'core22',
  type: 'app',
  confinement: 'strict',
  publisherId: 'canonical',
  snapYaml: `name: ${name}\n`,
  download: { source: `https://store.example/${name}`, size: 1, digest: digest('sha3-384', '0'.repeat(96)) },
  ...changes,
});

const yaml = (plugs: string): string => `name: x\nplugs:\n${plugs}`;
const providersOf = (plugs: string): readonly string[] => snapNeeds(release('x', { snapYaml: yaml(plugs) })).providers;

describe('the needs of a snap', () => {
  it('are the default providers of its content plugs, in every spelling', () => {
    assert.deepEqual(providersOf('  gtk: {interface: content, target: $SNAP/gtk, default-provider: gtk-common-themes}\n'), ['gtk-common-themes']);
    assert.deepEqual(providersOf('  gtk:\n    interface: content\n    default-provider: gtk-common-themes:gtk-3\n'), ['gtk-common-themes']);
    assert.deepEqual(providersOf('  content:\n    target: $SNAP/x\n    default-provider: other\n'), ['other']);
    assert.deepEqual(
      providersOf(
        '  b: {interface: content, default-provider: b}\n  a: {interface: content, default-provider: a}\n  c: {interface: content, default-provider: "a:2"}\n',
      ),
      ['a', 'b'],
    );
  });

  it('are none where no content plug names a provider', () => {
    assert.deepEqual(providersOf('  home:\n  net: network\n  x: {interface: content, target: t}\n  y: {interface: dbus, default-provider: other}\n'), []);
    assert.deepEqual(providersOf('  me: {interface: content, default-provider: x}\n'), []);
    assert.deepEqual(snapNeeds(release('x', { snapYaml: '' })).providers, []);
    assert.deepEqual(snapNeeds(release('x', { snapYaml: 'plugs: [home]\n' })).providers, []);
  });

  it('are its base: bare is a snap, none is nothing, core serves for core16', () => {
    const base = (name: string, type = 'app'): string | undefined => snapNeeds(release('x', { base: name, type })).base;
    assert.deepEqual([base('core22'), base('bare'), base('none'), base('core16'), base('')], ['core22', 'bare', undefined, 'core', undefined]);
    assert.equal(base('core22', 'gadget'), undefined);
  });

  it('cannot be read out of a broken snap.yaml', () => {
    assert.throws(() => snapNeeds(release('x', { snapYaml: 'a: [' })), /UPSTREAM_ANSWER/);
  });
});

const WORLD: readonly SnapRelease[] = [
  release('snapd', { type: 'snapd', base: '' }),
  release('core22', { type: 'base', base: '' }),
  release('core20', { type: 'base', base: '' }),
  release('app', { snapYaml: yaml('  t: {interface: content, default-provider: "themes:slot"}\n') }),
  release('themes', { base: 'core20', snapYaml: yaml('  i: {interface: content, default-provider: icons}\n') }),
  release('icons', { base: 'bare', snapYaml: yaml('  t: {interface: content, default-provider: themes}\n') }),
  release('bare', { type: 'base', base: '' }),
];

function store(): { snaps: { resolve(wanted: readonly SnapWanted[]): Promise<SnapRelease[]> }; rounds: string[][] } {
  const rounds: string[][] = [];
  return {
    rounds,
    snaps: {
      resolve: async (wanted) => {
        rounds.push(wanted.map(({ name, channel, arch }) => `${name} ${channel} ${arch}`));
        return wanted.map(({ name, channel = '1.32/stable', arch }) => ({ ...(WORLD.find((known) => known.name === name) ?? release(name)), channel, arch }));
      },
    },
  };
}

const want = (name: string, arch: SnapWant['arch'] = 'amd64'): SnapWant => ({ name, channel: 'latest/stable', arch, reason: 'test' });
const names = (found: readonly ResolvedSnap[]): string[] => found.map(({ release: { name, channel, arch } }) => `${name} ${channel} ${arch}`);

describe('the closure of snaps', () => {
  it('has snapd, bases and providers of providers, each asked for once, in circles too', async () => {
    const { snaps, rounds } = store();
    const found = await resolveSnapClosure([want('app')], {}, { snaps });
    const all = ['app', 'bare', 'core20', 'core22', 'icons', 'snapd', 'themes'].map((name) => `${name} latest/stable amd64`);
    assert.deepEqual(names(found), all);
    assert.deepEqual(rounds.flat().toSorted(), all);
    assert.deepEqual(found.find(({ release: { name } }) => name === 'themes')?.reasons, [
      'default provider of a content plug of snap app',
      'default provider of a content plug of snap icons',
    ]);
    assert.deepEqual(found.find(({ release: { name } }) => name === 'core22')?.reasons, ['base of snap app']);
  });

  it('is found for each architecture by itself', async () => {
    const found = await resolveSnapClosure([want('themes'), want('core22', 'arm64')], {}, store());
    assert.deepEqual(
      names(found).filter((text) => text.endsWith('arm64')),
      ['core22 latest/stable arm64', 'snapd latest/stable arm64'],
    );
  });

  it('takes a base and a wanted snap from the channel that was given', async () => {
    const found = await resolveSnapClosure([want('themes')], { core20: 'latest/candidate', snapd: '2.63/edge' }, store());
    assert.deepEqual(
      names(found).filter((text) => !text.includes('latest/stable')),
      ['core20 latest/candidate amd64', 'snapd 2.63/edge amd64'],
    );
    assert.match(found.find(({ release: { name } }) => name === 'core20')?.reasons.join() ?? '', /base of snap themes \(channel latest\/stable overridden\)/);
  });

  it('has a snap once when its default track is a channel that was asked for as well', async () => {
    const { snaps, rounds } = store();
    const wanted = [
      { name: 'themes', arch: 'amd64', reason: 'wished' },
      { ...want('themes'), channel: '1.32/stable' },
    ] as const;
    const found = await resolveSnapClosure(wanted, {}, { snaps });
    assert.equal(rounds[0]?.[0], 'themes undefined amd64');
    const themes = found.filter(({ release: { name } }) => name === 'themes');
    assert.deepEqual(
      themes.map(({ release: { channel }, reasons }) => [channel, reasons]),
      [
        ['1.32/stable', ['test', 'wished']],
        ['latest/stable', ['default provider of a content plug of snap icons']],
      ],
    );
    const [moved] = await resolveSnapClosure([{ name: 'core22', arch: 'amd64', reason: 'wished' }], { core22: 'latest/edge' }, store());
    assert.deepEqual([moved?.release.channel, moved?.reasons], ['latest/edge', ['wished']]);
  });

  it('refuses a channel for a snap that nobody needs', () =>
    failsWith(resolveSnapClosure([want('core22')], { core99: 'latest/edge' }, store()), 'UPSTREAM_NOT_FOUND', { name: 'core99', exists: ['core22', 'snapd'] }));

  it('of nothing is nothing', async () => assert.deepEqual(await resolveSnapClosure([], {}, store()), []));
});

describe('a wish for a snap', () => {
  it('is a name, or a name with a channel in any form', () => {
    assert.deepEqual(parseSnapWish('lxd'), { name: 'lxd' });
    assert.deepEqual(parseSnapWish('lxd=5.0'), { name: 'lxd', channel: '5.0/stable' });
    assert.deepEqual(snapChannels(['core20=candidate', 'snapd=latest/edge', 'core20=beta']), { core20: 'latest/beta', snapd: 'latest/edge' });
  });

  it('is refused when it is neither', () => {
    for (const text of ['', '../x', 'lxd=', 'lxd=a/b/c/d', '=stable']) assert.throws(() => parseSnapWish(text), /INPUT_MALFORMED/, text);
  });
});

describe('the order of installation', () => {
  it('is snapd, bases, providers after their own providers, then the rest by name', () => {
    const releases = [
      release('zeta'),
      release('deep', { snapYaml: yaml('  a: {interface: content, default-provider: mid}\n') }),
      release('mid', { snapYaml: yaml('  a: {interface: content, default-provider: low}\n') }),
      release('low'),
      release('alpha'),
      release('core22', { type: 'base', base: '' }),
      release('core', { type: 'os', base: '' }),
      release('snapd', { type: 'snapd', base: '' }),
    ];
    assert.deepEqual(installOrder(releases), ['snapd', 'core', 'core22', 'low', 'mid', 'alpha', 'deep', 'zeta']);
    assert.deepEqual(installOrder(releases.toReversed()), installOrder(releases));
  });

  it('ends also where two snaps provide for each other', () => assert.deepEqual(installOrder(WORLD).slice(0, 4), ['snapd', 'bare', 'core20', 'core22']));
});
