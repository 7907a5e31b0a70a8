/** A proxy for tests: it forwards and tunnels every connection to one port, whatever host is named, so any host name can be played on loopback. */
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import type { TestContext } from 'node:test';

export interface SeenByProxy {
  readonly line: string;
  readonly authorization: string | undefined;
}

export async function startProxy(t: TestContext, port: number, status = 200): Promise<{ host: string; seen: SeenByProxy[] }> {
  const seen: SeenByProxy[] = [];
  const proxy = createServer((request, response) => {
    seen.push({ line: `${request.method} ${request.url}`, authorization: request.headers['proxy-authorization'] });
    response.writeHead(status).end(`forwarded for ${request.headers.host}`);
  });
  proxy.on('connect', (request, socket, head: Buffer) => {
    seen.push({ line: `CONNECT ${request.url}`, authorization: request.headers['proxy-authorization'] });
    if (status !== 200) return socket.end(`HTTP/1.1 ${status} No\r\n\r\n`);
    const upstream = connect(port, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      upstream.write(head);
      upstream.pipe(socket);
      socket.pipe(upstream);
    });
    upstream.on('error', () => socket.destroy());
    socket.on('error', () => upstream.destroy());
    return socket;
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    proxy.closeAllConnections();
    proxy.close();
  });
  return { host: `127.0.0.1:${(proxy.address() as AddressInfo).port}`, seen };
}
