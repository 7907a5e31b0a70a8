/** The deployable text: what is asked changes, every other byte stays. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parse } from 'yaml';
import type { AppEdit } from '#src/bundle/edit.js';
import { mergeBundle } from '#src/bundle/overlay.js';
import { readBundle } from '#src/bundle/read.js';
import { rewriteBundle } from '#src/bundle/rewrite.js';

const rewrite = (text: string, edits: Record<string, AppEdit> = {}, ...overlays: string[]): string => {
  const source = readBundle(text, 'bundle.yaml');
  const parts = [...source.overlays, ...overlays.map((overlay) => readBundle(overlay, 'overlay.yaml').base)];
  const merged = mergeBundle(
    source.base.bundle,
    parts.map((part) => part.bundle),
  );
  return rewriteBundle(source, merged, new Map(Object.entries(edits)));
};

/** Lines that only one of the two texts has: `-` the old, `+` the new. */
function changed(before: string, after: string): string[] {
  const [old, now] = [before.split('\n'), after.split('\n')];
  const rest = [...now];
  const removed = old.filter((line) => {
    const at = rest.indexOf(line);
    if (at >= 0) rest.splice(at, 1);
    return at < 0;
  });
  return [...removed.map((line) => `-${line}`), ...rest.map((line) => `+${line}`)];
}

const BASE = `# A bundle with habits
name:   demo     # aligned
series: jammy

applications:
  # the database
  etcd:
    annotations: {gui-x: '475', mode: 0755}
    channel: 1.30/stable   # pinned
    charm: "etcd"          # quoted
    revision: 7
    resources:
      core: 0   # none
      etcd: 3
    options:
      # keep this
      mask: 0755
      port: 2379
      text: |
        two

        lines

    num_units: 3


  worker:
      charm: worker
      channel: 1.30/stable
      expose: yes
relations:
- - etcd:db
  - worker:db   # why
# between
- [ "worker:x",   'etcd:y' ]
# the end
`;

describe('rewriting', () => {
  it('without edits and overlays gives the text back', () => assert.equal(rewrite(BASE), BASE));

  it('changes exactly the keys it is asked to change', () => {
    const text = rewrite(BASE, {
      etcd: {
        charm: './charms/etcd_r7.charm',
        resources: { core: './resources/etcd/core/core.snap', new: './n' },
        series: 'jammy',
        base: 'ubuntu@22.04/stable',
        options: { port: 2380, 'image-registry': 'h:5000/cdk' },
      },
    });
    assert.deepEqual(changed(BASE, text), [
      '-    channel: 1.30/stable   # pinned',
      '-    charm: "etcd"          # quoted',
      '-    revision: 7',
      '-      core: 0   # none',
      '-      etcd: 3',
      '-      port: 2379',
      '+    charm: ./charms/etcd_r7.charm          # quoted',
      '+      core: ./resources/etcd/core/core.snap   # none',
      '+      new: ./n',
      '+      port: 2380',
      '+      image-registry: h:5000/cdk',
      '+    series: jammy',
      '+    base: ubuntu@22.04/stable',
    ]);
  });

  it('leaves out resources that are none', () => {
    const text = rewrite(BASE, { etcd: { charm: './e', resources: {} } });
    assert.equal(text.includes('resources'), false);
    assert.equal(
      rewrite('applications:\n  a:\n    charm: a\n    resources: {}\n', { a: { charm: './a', resources: {} } }),
      'applications:\n  a:\n    charm: ./a\n',
    );
  });

  it('changes no byte of an application whose edit says what is there', () => {
    const text =
      'applications:\n  a:\n    charm:   ./a.charm\n    resources: {r: ./r}   # as is\n    series: jammy\n    base: ubuntu@22.04\n    options: {n: 0755, t: yes}\n';
    assert.equal(
      rewrite(text, { a: { charm: './a.charm', resources: { r: './r' }, series: 'jammy', base: 'ubuntu@22.04', options: { n: 493, t: true } } }),
      text,
    );
  });

  it('removes a channel that says nothing, too', () => {
    assert.equal(
      rewrite('applications:\n  a:\n    charm: a\n    channel:\n    revision: ~\n', { a: { charm: './a', resources: {} } }),
      'applications:\n  a:\n    charm: ./a\n',
    );
  });

  it('cuts removed applications and relations out and appends new ones', () => {
    const text = rewrite(BASE, {}, 'applications:\n  etcd:\n  new: {charm: new, options: {flag: "yes"}}\nrelations:\n- [new:a, worker:b]\n');
    assert.equal(
      text,
      `# A bundle with habits
name:   demo     # aligned
series: jammy

applications:
  # the database


  worker:
      charm: worker
      channel: 1.30/stable
      expose: yes
  new:
    charm: new
    options:
      flag: "yes"
relations:
- - new:a
  - worker:b
# between
# the end
`.replace('relations:\n- - new:a\n  - worker:b\n# between\n# the end\n', 'relations:\n- - new:a\n  - worker:b\n# the end\n'),
    );
  });

  it('keeps the relations that stay as they are written', () => {
    const text = rewrite(BASE, {}, 'applications: {new: {charm: new}}\nrelations: [[new:a, worker:b]]');
    assert.deepEqual(changed(BASE, text), ['+  new:', '+    charm: new', '+- - new:a', '+  - worker:b']);
    assert.ok(text.includes('- [ "worker:x",   \'etcd:y\' ]\n- - new:a\n  - worker:b\n# the end\n'));
  });

  it('writes what an overlay changes into the lines that have it', () => {
    const text = rewrite(
      BASE,
      {},
      'series: noble\napplications: {etcd: {num_units: 1, options: {port: 1, mask: ~}, annotations: {gui-x: , tail: "x"}, constraints: mem=4G}}',
    );
    assert.deepEqual(changed(BASE, text), [
      '-series: jammy',
      "-    annotations: {gui-x: '475', mode: 0755}",
      '-      mask: 0755',
      '-      port: 2379',
      '-    num_units: 3',
      '+series: noble',
      '+    annotations:',
      '+      gui-x: ""',
      '+      mode: "0755"',
      '+      tail: x',
      '+      port: 1',
      '+    num_units: 1',
      '+    constraints: mem=4G',
    ]);
  });

  it('writes flow style and anchored applications anew from their values', () => {
    const text = rewrite(
      'variables: {v: &v "1:30"}\napplications:\n  a: {charm: a, channel: edge, options: {t: 1:30, big: 12345678901234567890}}\n  b: &b\n    charm: b\n    options: {v: *v}\n  c: *b # same\nseries: jammy # stays\n',
      {
        a: { charm: './a', resources: {} },
        c: { charm: './c', resources: {} },
      },
    );
    assert.equal(
      text,
      'variables: {v: &v "1:30"}\napplications:\n  a:\n    charm: ./a\n    options:\n      t: "1:30"\n      big: 12345678901234567890\n  b:\n    charm: b\n    options:\n      v: "1:30"\n  c:\n    charm: ./c\n    options:\n      v: "1:30"\nseries: jammy # stays\n',
    );
  });

  it('writes everything anew when the top level leaves no room for splices', () => {
    const text = rewrite('{"name": "n", "series": "jammy", "applications": {"a": {"charm": "a", "channel": "edge"}}, "relations": []}', {
      a: { charm: './a', resources: { r: './r' } },
    });
    assert.deepEqual(parse(text), { name: 'n', series: 'jammy', applications: { a: { charm: './a', resources: { r: './r' } } } });
  });

  it('writes everything anew when a key comes again', () =>
    assert.equal(
      rewrite('applications:\n  a: {charm: a}\n  a: {charm: b} # last\nseries: jammy\n', { a: { charm: './b.charm', resources: {} } }),
      'series: jammy\napplications:\n  a:\n    charm: ./b.charm\n',
    ));

  it('writes everything anew when something else points into what changes', () => {
    const text = rewrite('applications:\n  a:\n    charm: a\n    constraints: &c mem=1G\nmachines:\n  "0": {constraints: *c}\n', {
      a: { charm: './a', resources: {} },
    });
    assert.deepEqual(parse(text), { applications: { a: { charm: './a', constraints: 'mem=1G' } }, machines: { 0: { constraints: 'mem=1G' } } });
  });

  it('flattens several documents into one', () => {
    const text = rewrite(
      '--- # base\nseries: jammy\napplications:\n  a:\n    charm: a\n# tail\n---\napplications: {a: {channel: edge}}\n---\nrelations: [[a:x, b:y]]\n',
    );
    assert.equal(text, '--- # base\nseries: jammy\napplications:\n  a:\n    charm: a\n    channel: edge\nrelations:\n- - a:x\n  - b:y\n# tail\n');
  });

  it('replaces machines and saas that an overlay brings, and adds missing lists', () => {
    const text = rewrite(
      'machines:\n  "0":\n    constraints: mem=1G # one\napplications:\n  a:\n    charm: a\n',
      {},
      'machines: {"0": {constraints: mem=2G}, "10": , "2": }\nsaas: {far: {url: m.far}}\nrelations: [[a, far]]',
    );
    assert.equal(
      text,
      'machines:\n  "0":\n    constraints: mem=2G # one\n  "10": null\n  "2": null\napplications:\n  a:\n    charm: a\nrelations:\n- - a\n  - far\nsaas:\n  far:\n    url: m.far\n',
    );
  });

  it('keeps services, line ends of Windows and a missing last line end', () => {
    assert.equal(
      rewrite('services:\r\n  a:\r\n    charm: cs:a-1', { a: { charm: './a', resources: { r: './r' } } }),
      'services:\r\n  a:\r\n    charm: ./a\r\n    resources:\r\n      r: ./r\r\n',
    );
  });

  it('puts what Juju takes from overlays only into a second document', () => {
    const text = rewrite(
      'applications:\n  a:\n    charm: a\n    num_units: 1\n    to: ["0"]\nmachines:\n  "0":\n    constraints: mem=1G\n',
      {},
      'applications: {a: {offers: {o: {endpoints: [e], acl: {admin: admin}}}, exposed-endpoints: {"": {expose-to-cidrs: [10.0.0.0/8]}}, constraints: image-id=x}}\nmachines: {"0": {constraints: image-id=y}}',
    );
    assert.equal(
      text,
      `applications:
  a:
    charm: a
    num_units: 1
    to: ["0"]
machines:
  "0":
--- # overlay.yaml
machines:
  "0":
    constraints: image-id=y
applications:
  a:
    exposed-endpoints:
      "":
        expose-to-cidrs:
        - 10.0.0.0/8
    constraints: image-id=x
    offers:
      o:
        endpoints:
        - e
        acl:
          admin: admin
`,
    );
    const again = readBundle(text, 'bundle.yaml');
    assert.equal(again.base.bundle.applications.get('a')?.offers, undefined);
  });

  it('refuses an edit of an application that is not there', () => {
    assert.throws(() => rewrite(BASE, { ghost: { charm: './g', resources: {} } }), /ghost/);
  });
});
