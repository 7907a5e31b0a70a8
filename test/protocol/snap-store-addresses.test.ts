/** Addresses of a store and their production form. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { snapStoreAddresses } from '#src/clients/snap-store/addresses.js';

const PRODUCTION = 'https://api.snapcraft.io/';
const FILE = 'api/v1/snaps/download/Md1HBASHzP4i0bniScAjXGnOII9cEK6e_10660.snap';

it('joins a base with or without its slash, with or without a path', () => {
  for (const base of ['https://h.example', 'https://h.example/', 'https://h.example//']) {
    assert.equal(snapStoreAddresses(base, PRODUCTION).endpoint('v2/snaps/refresh'), 'https://h.example/v2/snaps/refresh');
  }
  assert.equal(snapStoreAddresses('https://h.example/a/b', PRODUCTION).endpoint('v2/x'), 'https://h.example/a/b/v2/x');
});

it('turns download addresses into production ones and back', () => {
  const { toSource, fromSource } = snapStoreAddresses('http://127.0.0.1:8080/store', PRODUCTION);
  const source = toSource(`http://127.0.0.1:8080/store/${FILE}?token=1#x`);
  assert.equal(source, PRODUCTION + FILE);
  assert.deepEqual(fromSource(PRODUCTION + FILE), { url: `http://127.0.0.1:8080/store/${FILE}`, isStore: true });
  // A mirror that passes the store's JSON through.
  assert.equal(toSource(PRODUCTION + FILE), PRODUCTION + FILE);
});

it('leaves other hosts alone, those with a similar name too', () => {
  const { toSource, fromSource } = snapStoreAddresses('https://store.example', PRODUCTION);
  assert.equal(toSource('https://store.example.evil/x.snap?y'), 'https://store.example.evil/x.snap');
  assert.deepEqual(fromSource('https://cdn.example/x.snap'), { url: 'https://cdn.example/x.snap', isStore: false });
});

it('goes to https, and to http only when the store itself is there', () => {
  assert.equal(snapStoreAddresses('https://store.example', PRODUCTION).toSource('http://store.example/x.snap'), undefined);
  assert.equal(snapStoreAddresses('http://store.example', PRODUCTION).toSource('http://cdn.example/x.snap'), 'http://cdn.example/x.snap');
  for (const url of ['file:///x', 'data:,x', 'ftp://store.example/x', 'x.snap', 'https://u:p@store.example/x', '']) {
    assert.equal(snapStoreAddresses('http://store.example', PRODUCTION).toSource(url), undefined, url);
  }
});
