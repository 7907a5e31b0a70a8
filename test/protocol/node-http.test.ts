/** Connections over Node's own HTTP: kept, hung up, silent, answered early; servers here are bare sockets. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { type TestContext, test } from 'node:test';
import { discardBody, readBytes } from '#src/clients/read-body.js';
import { isShrinkwrapError } from '#src/domain/errors.js';
import { testHttp } from '../support/http-client.ts';

const OK = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok';

interface Bare {
  readonly url: string;
  readonly connections: readonly Socket[];
}

/** `onRequest` is called with what arrived, the number of the connection and that of the request on it, both from 1. */
async function bareServer(t: TestContext, onRequest: (socket: Socket, text: string, connection: number, request: number) => void): Promise<Bare> {
  const connections: Socket[] = [];
  const server = createServer((socket) => {
    const connection = connections.push(socket);
    let request = 0;
    socket.on('error', () => undefined);
    socket.on('data', (bytes) => onRequest(socket, bytes.toString('latin1'), connection, (request += 1)));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(async () => {
    for (const socket of connections) socket.destroy();
    server.close();
    await once(server, 'close');
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, connections };
}

for (const [method, retries] of [
  ['GET', 0],
  ['POST', 1],
] as const) {
  test(`a ${method} on a kept connection that is hung up in that moment ${retries === 0 ? 'is repeated at once' : 'is a try that failed'}`, async (t) => {
    const server = await bareServer(t, (socket, _text, connection, request) => {
      if (connection === 1 && request === 2) socket.destroy();
      else socket.write(OK);
    });
    const told: string[] = [];
    const http = testHttp(t, { onRetry: ({ reason }) => told.push(reason) });
    await discardBody((await http.send(`${server.url}/`)).body);
    const answer = await http.send(`${server.url}/`, { method, ...(method === 'POST' && { body: 'x' }) });
    assert.equal((await readBytes(answer, 10)).toString(), 'ok');
    assert.equal(told.length, retries);
    assert.equal(server.connections.length, 2);
  });
}

test('a fresh connection that is hung up is a try that failed, for a question too', async (t) => {
  const server = await bareServer(t, (socket, _text, connection) => (connection === 1 ? socket.destroy() : socket.write(OK)));
  const told: string[] = [];
  const http = testHttp(t, { onRetry: ({ reason }) => told.push(reason) });
  await discardBody((await http.send(`${server.url}/`)).body);
  assert.equal(told.length, 1);
});

test('answers without a body leave the connection to the next request', async (t) => {
  const heads = ['HTTP/1.1 200 OK\r\ncontent-length: 12345\r\n\r\n', 'HTTP/1.1 204 No Content\r\n\r\n', 'HTTP/1.1 304 Not Modified\r\n\r\n', OK];
  const server = await bareServer(t, (socket, _text, _connection, request) => socket.write(heads[request - 1] ?? OK));
  const http = testHttp(t);
  const statuses: number[] = [];
  for (const method of ['HEAD', 'GET', 'GET', 'GET'] as const) {
    // The bodies of the first three are not even looked at.
    const { status, body } = await http.send(`${server.url}/`, { method });
    statuses.push(status);
    if (status === 200 && method === 'GET') await discardBody(body);
    await sleep(5);
  }
  assert.deepEqual([statuses, server.connections.length], [[200, 204, 304, 200], 1]);
});

test('a reader that pauses longer than a server may be silent gets the whole body', async (t) => {
  const size = 4 << 20;
  const server = await bareServer(t, (socket) => {
    socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${size}\r\n\r\n`);
    socket.write(Buffer.alloc(size));
  });
  const { body } = await testHttp(t, { timeouts: { bodyMs: 300 } }).send(`${server.url}/`);
  let total = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    if (total === 0) await sleep(1000);
    total += chunk.length;
  }
  assert.equal(total, size);
});

test('a body that drips, each time before the patience ends, is waited for', async (t) => {
  const server = await bareServer(t, (socket) => {
    socket.write('HTTP/1.1 200 OK\r\ncontent-length: 8\r\n\r\n');
    void (async () => {
      for (const letter of 'dripping') {
        await sleep(40);
        socket.write(letter);
      }
    })();
  });
  const answer = await testHttp(t, { timeouts: { bodyMs: 150, headersMs: 150 } }).send(`${server.url}/`);
  assert.equal((await readBytes(answer, 10)).toString(), 'dripping');
});

test('an answer that comes before the upload has ended ends the upload', async (t) => {
  const server = await bareServer(t, (socket, _text, _connection, request) => {
    if (request === 1) socket.pause().write('HTTP/1.1 413 Content Too Large\r\ncontent-length: 3\r\n\r\nbig');
  });
  const source = Readable.from(
    (async function* () {
      for (;;) {
        await sleep(1);
        yield Buffer.alloc(1 << 16);
      }
    })(),
  );
  const answer = await testHttp(t).send(`${server.url}/`, { method: 'PUT', headers: { 'content-length': String(2 ** 40) }, body: () => source });
  assert.ok(source.destroyed);
  assert.deepEqual([answer.status, (await readBytes(answer, 10)).toString()], [413, 'big']);
  if (server.connections[0]?.closed === false) {
    server.connections[0].resume();
    await once(server.connections[0], 'close');
  }
});

test('an upload whose source pauses longer than a server may be silent arrives', async (t) => {
  const server = await bareServer(t, (socket, text) => {
    if (text.endsWith('end')) socket.write(OK);
  });
  const body = (): Readable =>
    Readable.from(
      (async function* () {
        yield Buffer.from('begin');
        await sleep(250);
        yield Buffer.from('the end');
      })(),
    );
  const http = testHttp(t, { retries: 1, timeouts: { headersMs: 60 } });
  const answer = await http.send(`${server.url}/`, { method: 'PUT', headers: { 'content-length': '12' }, body });
  assert.equal((await readBytes(answer, 10)).toString(), 'ok');
});

test('a server that does not take what is sent is given up', async (t) => {
  const server = await bareServer(t, (socket) => void socket.pause());
  const http = testHttp(t, { retries: 1, timeouts: { headersMs: 100 } });
  const body = Buffer.alloc(64 << 20);
  await assert.rejects(http.send(`${server.url}/`, { method: 'PUT', body }), /no answer within 0\.1 s/);
  await assert.rejects(
    http.send(`${server.url}/`, { method: 'PUT', headers: { 'content-length': String(body.length) }, body: () => Readable.from([body]) }),
    /no answer/,
  );
});

test('a server that falls silent after its reader paused is given up', async (t) => {
  const size = 4 << 20;
  const server = await bareServer(t, (socket) => {
    socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${size + 1}\r\n\r\n`);
    socket.write(Buffer.alloc(size));
  });
  const { body } = await testHttp(t, { timeouts: { bodyMs: 300 } }).send(`${server.url}/`);
  let total = 0;
  const read = async (): Promise<void> => {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      if (total === 0) await sleep(1000);
      total += chunk.length;
    }
  };
  await assert.rejects(read(), /silence for 0\.3 s/);
  assert.equal(total, size);
});

test('an answer that has arrived may be read as late as one likes', async (t) => {
  const server = await bareServer(t, (socket) => socket.write(OK));
  const answer = await testHttp(t, { timeouts: { bodyMs: 40 } }).send(`${server.url}/`);
  await sleep(200);
  assert.equal((await readBytes(answer, 10)).toString(), 'ok');
});

test('an abort while the request is being prepared counts', async (t) => {
  const server = await bareServer(t, () => undefined);
  const controller = new AbortController();
  const trustOf = async (): Promise<undefined> => {
    controller.abort(new Error('no more'));
    await sleep(1);
  };
  const http = testHttp(t, { retries: 1, trustOf, timeouts: { connectMs: 5000 } });
  const from = performance.now();
  await assert.rejects(http.send(`${server.url.replace('http', 'https')}/`, { signal: controller.signal }), /no more/);
  assert.ok(performance.now() - from < 4000);
});

test('a connection that becomes another protocol is no answer, and is not tried again', async (t) => {
  const server = await bareServer(t, (socket) => socket.write('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n'));
  await assert.rejects(testHttp(t).send(`${server.url}/`), /closed without an answer/);
  assert.equal(server.connections.length, 1);
});

test('a kept connection that nobody uses is closed', async (t) => {
  const server = await bareServer(t, (socket) => socket.write(OK));
  const http = testHttp(t, { timeouts: { keptMs: 50 } });
  await discardBody((await http.send(`${server.url}/`)).body);
  const [first] = server.connections;
  if (first?.closed === false) await once(first, 'close');
  await discardBody((await http.send(`${server.url}/`)).body);
  assert.equal(server.connections.length, 2);
});

test('after closing nothing is asked any more', async (t) => {
  const server = await bareServer(t, (socket, _text, _connection, request) => (request === 1 ? socket.write(OK) : undefined));
  const http = testHttp(t) as ReturnType<typeof testHttp> & { close(): Promise<void> };
  await discardBody((await http.send(`${server.url}/`)).body);
  const asked = http.send(`${server.url}/`, { tries: 1 });
  await sleep(20);
  await http.close();
  await assert.rejects(asked, /closed|hang up/);
  assert.equal(server.connections.length, 1);
});

test('a TLS connection that never comes about is given up', async (t) => {
  const server = await bareServer(t, () => undefined);
  const http = testHttp(t, { retries: 1, timeouts: { connectMs: 80 } });
  await assert.rejects(http.send(`${server.url.replace('http', 'https')}/`), (error: unknown) => {
    assert.ok(isShrinkwrapError(error) && error.code === 'NETWORK_UNREACHABLE');
    assert.deepEqual({ ...error.facts }, { host: new URL(server.url).host, tries: 1, reason: 'ETIMEDOUT: no connection within 0.08 s' });
    return true;
  });
});

test('a source that breaks during an upload is the failure', async (t) => {
  const server = await bareServer(t, () => undefined);
  const http = testHttp(t, { retries: 1 });
  const body = (): Readable =>
    Readable.from(
      (async function* () {
        yield Buffer.alloc(100);
        await sleep(10);
        throw Object.assign(new Error('the disk is gone'), { code: 'EIO' });
      })(),
    );
  await assert.rejects(http.send(`${server.url}/`, { method: 'PUT', headers: { 'content-length': '1000' }, body }), (error: unknown) => {
    assert.ok(isShrinkwrapError(error) && error.code === 'NETWORK_UNREACHABLE' && 'reason' in error.facts);
    assert.equal(error.facts.reason, 'EIO: the disk is gone');
    return true;
  });
});

test('after closing nothing of it keeps a process alive', async (t) => {
  const server = await bareServer(t, (socket) => socket.write(OK));
  const http = testHttp(t);
  await discardBody((await http.send(`${server.url}/`)).body);
  const [connection] = server.connections;
  await (http as typeof http & { close(): Promise<void> }).close();
  if (connection?.closed === false) await once(connection, 'close');
  assert.ok(connection?.closed);
});
