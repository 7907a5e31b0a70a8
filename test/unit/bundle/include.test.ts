/** Include directives: resolved where Juju resolves them, and never outside the bundle's folder. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { resolveIncludes } from '#src/bundle/include.js';
import { mergeBundle } from '#src/bundle/overlay.js';
import { type BundleText, readBundle } from '#src/bundle/read.js';
import { rewriteBundle } from '#src/bundle/rewrite.js';
import { problemsOf, shownProblems } from './support.ts';

const TEXT = `applications:
  a:
    charm: include-file://not-here
    options: {file: include-file://conf/a.txt, base64: include-base64://bin, other: 'see include-file://x'}
    annotations: {note: include-file://conf/a.txt}
    constraints: mem=1G   # stays
machines: {'0': {annotations: {note: include-base64://bin}}}
---
applications: {a: {options: {overlay: include-file://o}}}
`;

const files = new Map([
  ['conf/a.txt', Buffer.from('line one\nyes')],
  ['bin', Buffer.from([0, 255, 1])],
  ['o', Buffer.from('o')],
]);

async function resolved(text: string, asked: string[] = []): Promise<BundleText> {
  return resolveIncludes(readBundle(text, 'dir/b.yaml'), async (path, relativeTo) => {
    asked.push(`${relativeTo} ${path}`);
    const found = files.get(path);
    return found ?? { refused: 'there is no such file' };
  });
}

describe('an include directive', () => {
  it('becomes the text or the base64 of its file in options and annotations, and nowhere else', async () => {
    const asked: string[] = [];
    const { base, overlays } = await resolved(TEXT, asked);
    const a = base.bundle.applications.get('a');
    assert.equal(a?.charm, 'include-file://not-here');
    assert.deepEqual(Object.fromEntries(a?.options ?? []), { file: 'line one\nyes', base64: 'AP8B', other: 'see include-file://x' });
    assert.deepEqual([...(a?.annotations ?? [])], [['note', 'line one\nyes']]);
    assert.deepEqual([...(base.bundle.machines?.get('0')?.annotations ?? [])], [['note', 'AP8B']]);
    assert.deepEqual([...(overlays[0]?.bundle.applications.get('a')?.options ?? [])], [['overlay', 'o']]);
    assert.deepEqual(asked.toSorted(), ['dir/b.yaml bin', 'dir/b.yaml bin', 'dir/b.yaml conf/a.txt', 'dir/b.yaml conf/a.txt', 'dir/b.yaml o']);
  });

  it('is inlined in the rewritten text', async () => {
    const source = await resolved(TEXT);
    const merged = mergeBundle(
      source.base.bundle,
      source.overlays.map(({ bundle }) => bundle),
    );
    const text = rewriteBundle(source, merged, new Map([['a', { charm: './a', resources: {} }]]));
    assert.ok(text.includes('constraints: mem=1G   # stays\n'));
    assert.equal(text.includes('include-base64'), false);
    assert.deepEqual(Object.fromEntries(readBundle(text, 'x').base.bundle.applications.get('a')?.options ?? []), {
      file: 'line one\nyes',
      base64: 'AP8B',
      other: 'see include-file://x',
      overlay: 'o',
    });
  });

  it('is refused with its place when it leaves the folder or its file is not there', async () => {
    const text =
      'services:\n  a:\n    charm: a\n    options:\n      one: include-file:///etc/passwd\n      two: include-base64://x/../../y\n      three: include-file://C:\\x\n      four: include-file://gone\n      five: include-file://\n';
    const error: unknown = await resolved(text).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    assert.deepEqual(
      shownProblems(
        problemsOf(() => {
          throw error;
        }),
      ),
      [
        'dir/b.yaml:5:7 include include of "/etc/passwd" leaves the bundle\'s folder',
        'dir/b.yaml:6:7 include include of "x/../../y" leaves the bundle\'s folder',
        'dir/b.yaml:7:7 include include of "C:\\\\x" leaves the bundle\'s folder',
        'dir/b.yaml:8:7 include resolving include "gone": there is no such file',
        'dir/b.yaml:9:7 include include of "" leaves the bundle\'s folder',
      ],
    );
  });

  it('passes other failures of the reader on', async () => {
    await assert.rejects(
      resolveIncludes(readBundle(TEXT, 'b.yaml'), async () => Promise.reject(new Error('disk'))),
      /disk/,
    );
  });
});
