/** What a `charm:` names, and what the charms of the closed Charm Store are called today. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseCharm, readCharm } from '#src/bundle/charm-url.js';

describe('a charm is', () => {
  for (const path of ['./charms/etcd_r1.charm', '.', '../up', '/abs/etcd.charm', 'local:focal/etcd-3'])
    it(`local: ${path}`, () => assert.deepEqual(parseCharm(path), { kind: 'local', path }));

  const hub: [text: string, name: string, revision?: number][] = [
    ['etcd', 'etcd'],
    ['ch:etcd', 'etcd'],
    ['prometheus2', 'prometheus2'],
    ['ch:amd64/jammy/etcd-718', 'etcd', 718],
    ['etcd-718', 'etcd', 718],
    ['a-b2-c', 'a-b2-c'],
    ['a-2b', 'a-2b'],
  ];
  for (const [text, name, revision] of hub)
    it(`at Charmhub: ${text}`, () => assert.deepEqual(parseCharm(text), { kind: 'hub', name, ...(revision === undefined ? {} : { revision }) }));

  const store: [url: string, user: string | undefined, series: string | undefined, name: string, revision: number | undefined, hubName: string][] = [
    ['cs:etcd', undefined, undefined, 'etcd', undefined, 'etcd'],
    ['cs:bionic/percona-cluster-299', undefined, 'bionic', 'percona-cluster', 299, 'percona-cluster'],
    ['cs:~containers/etcd-160', 'containers', undefined, 'etcd', 160, 'etcd'],
    ['cs:~containers/focal/kubernetes-worker-788', 'containers', 'focal', 'kubernetes-worker', 788, 'kubernetes-worker'],
    ['cs:~charmed-osm/mariadb-k8s-35', 'charmed-osm', undefined, 'mariadb-k8s', 35, 'charmed-osm-mariadb-k8s'],
    ['cs:~me/prometheus2', 'me', undefined, 'prometheus2', undefined, 'me-prometheus2'],
  ];
  for (const [url, user, series, name, revision, hubName] of store) {
    it(`in the Charm Store: ${url}`, () => {
      const found = parseCharm(url);
      assert.equal(found.kind, 'store');
      assert.deepEqual({ user: undefined, series: undefined, revision: undefined, ...found }, { kind: 'store', url, user, series, name, revision, hubName });
    });
  }

  for (const text of [
    '',
    'Etcd',
    'etcd_x',
    'a/b/c/d',
    'cs:',
    'cs:~/etcd',
    'cs:~u/1x/etcd',
    'cs:a/b/c',
    'http://x/y',
    'bogus:etcd',
    '-3',
    'etcd-',
    'charms etcd',
  ]) {
    it(`nothing: ${JSON.stringify(text)}`, () => {
      assert.equal(readCharm(text).kind, 'bad');
      assert.throws(() => parseCharm(text), { code: 'INPUT_MALFORMED' });
    });
  }
});
