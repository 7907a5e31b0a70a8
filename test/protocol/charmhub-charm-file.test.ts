/** Reading a .charm in place, friendly and hostile ones. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { readCharmFiles } from '#src/clients/charm-file.js';
import { failure } from '../support/failure.ts';
import { tempDir } from '../support/temp-dir.ts';
import { type Member, zip } from '../support/zip.ts';

function charm(t: TestContext, members: readonly Member[]): string {
  const path = join(tempDir(t), 'etcd_r718.charm');
  writeFileSync(path, zip(members));
  return path;
}

test('reads the four texts and the names in the wheelhouse', async (t) => {
  const path = charm(t, [
    { name: 'wheelhouse/', mode: 0o040755 },
    { name: 'wheelhouse/pip-22.tar.gz', bytes: 'x' },
    { name: 'wheelhouse/Jinja2-3.tar.gz', bytes: 'x' },
    { name: 'wheelhouse/sub/dir.txt' },
    { name: 'metadata.yaml', bytes: 'name: etcd\n' },
    { name: 'config.yaml', bytes: 'options: {}\n' },
    { name: 'manifest.yaml', bytes: 'bases: []\n' },
    { name: 'layer.yaml', bytes: 'is: etcd\n' },
    { name: 'src/metadata.yaml', bytes: 'another' },
  ]);
  assert.deepEqual(await readCharmFiles(path), {
    metadataYaml: 'name: etcd\n',
    configYaml: 'options: {}\n',
    manifestYaml: 'bases: []\n',
    layerYaml: 'is: etcd\n',
    wheelhouse: ['Jinja2-3.tar.gz', 'pip-22.tar.gz'],
    texts: new Map(),
  });
});

test('what a charm lacks is empty', async (t) => {
  const path = charm(t, [{ name: 'metadata.yaml', bytes: 'name: x\n' }]);
  assert.deepEqual(await readCharmFiles(path), {
    metadataYaml: 'name: x\n',
    configYaml: '',
    manifestYaml: '',
    layerYaml: '',
    wheelhouse: [],
    texts: new Map(),
  });
});

test("reads what may name images: upstream manifests, templates and own code, no link and nobody else's files", async (t) => {
  const names = [
    'upstream/calico/version',
    'upstream/calico/manifests/3.25.1/calico.yaml',
    'upstream/calico/README.md',
    'templates/ovn.yaml',
    'templates/x.toml',
    'src/charm.py',
    'reactive/calico.py',
    'lib/charms/layer/pause.py',
    'venv/ops/main.py',
    'tests/unit/test_charm.py',
  ];
  const path = charm(t, [METADATA, ...names.map((name) => ({ name, bytes: `# ${name}\n` })), { name: 'src/link.py', mode: LINK, bytes: 'charm.py' }]);
  const { texts } = await readCharmFiles(path);
  assert.deepEqual(
    [...texts],
    [
      'lib/charms/layer/pause.py',
      'reactive/calico.py',
      'src/charm.py',
      'templates/ovn.yaml',
      'upstream/calico/manifests/3.25.1/calico.yaml',
      'upstream/calico/version',
    ].map((name) => [name, `# ${name}\n`]),
  );
});

const METADATA: Member = { name: 'metadata.yaml', bytes: 'name: x\n' };
const LINK = 0o120777;
const HOSTILE: readonly (readonly [string, readonly Member[], RegExp])[] = [
  ['without metadata.yaml', [{ name: 'config.yaml' }], /no metadata\.yaml/],
  ['with a path out of it', [METADATA, { name: '../evil' }], /invalid relative path/],
  ['with an absolute path', [METADATA, { name: '/etc/passwd' }], /absolute path/],
  ['with a backslash', [METADATA, { name: 'a\\b' }], /invalid characters/],
  ['with two metadata.yaml', [METADATA, METADATA], /twice/],
  ['whose metadata.yaml is a link', [{ ...METADATA, mode: LINK }], /no regular file/],
  ['whose metadata.yaml is encrypted', [{ ...METADATA, encrypted: true }], /encrypted/],
  ['whose metadata.yaml is over 4 MiB', [{ name: 'metadata.yaml', bytes: Buffer.alloc(4 * 1024 * 1024 + 1) }], /more than 4194304/],
  [
    'whose metadata.yaml swells beyond what it claims',
    [{ name: 'metadata.yaml', bytes: Buffer.alloc(5 * 1024 * 1024), claims: 10 }],
    /too many bytes|more bytes/,
  ],
];

for (const [what, members, message] of HOSTILE) {
  test(`refuses a charm ${what}`, async (t) => {
    const facts = await failure(readCharmFiles(charm(t, members)), 'INPUT_INVALID');
    assert.match(facts.problems[0]?.message ?? '', message);
    assert.equal(facts.problems[0]?.file, 'etcd_r718.charm');
  });
}

test('refuses what is no zip, and a file that is not there', async (t) => {
  const path = join(tempDir(t), 'x.charm');
  await failure(readCharmFiles(path), 'INPUT_ABSENT');
  writeFileSync(path, 'not a zip at all, but long enough to hold its end record');
  await failure(readCharmFiles(path), 'INPUT_INVALID');
});
