/** The embedded upstream (design 7): directories laid out like an archive, spoken as Charmhub, snap store, OCI registry, GitHub, APT and PyPI. */
import { mkdir } from 'node:fs/promises';
import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dir as temporaryDirectory } from 'tmp-promise';
import { ShrinkwrapError } from '../domain/errors.ts';
import type { Handler } from './exchange.ts';
import { type ProtocolOptions, createProtocols } from './protocols.ts';
import { readRequest } from './request.ts';
import { firstAnswer } from './router.ts';
import { send } from './send.ts';

export interface UpstreamServerOptions extends ProtocolOptions {
  /** One line a request: method, path, status. */
  readonly log?: (line: string) => void;
  /** Where pushed blobs lie; a temporary folder that is removed on close when absent. `false`: nothing can be pushed. */
  readonly pushDir?: string | false;
}

export interface UpstreamServer {
  /** Reads the indexes, then listens; port 0 takes a free one. */
  listen(host: string, port: number): Promise<{ url: string; port: number }>;
  close(): Promise<void>;
}

const nothing = async (): Promise<void> => {};

export function createUpstreamServer(options: UpstreamServerOptions): UpstreamServer {
  const log = options.log ?? ((): void => undefined);
  let server: Server | undefined;
  const folder = pushFolder(options.pushDir);
  return {
    async listen(host, port) {
      const handlers = await createProtocols(options, folder.open);
      const listening = createServer((request, response) => void answer(request, response, handlers, log));
      // A blob may take longer to arrive than the five minutes that node allows a request.
      listening.requestTimeout = 0;
      await open(listening, host, port);
      server = listening;
      // A TCP server's address is never a pipe's name.
      const { port: taken } = server.address() as AddressInfo;
      return { url: `http://${host.includes(':') ? `[${host}]` : host}:${taken}`, port: taken };
    },
    async close() {
      const closing = server;
      server = undefined;
      if (closing !== undefined) {
        closing.closeAllConnections();
        await new Promise<void>((resolve) => closing.close(() => resolve()));
      }
      await folder.cleanUp();
    },
  };
}

async function open(server: Server, host: string, port: number): Promise<void> {
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, host, resolve)).catch((error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ShrinkwrapError(
      'USAGE_BAD',
      { message: `cannot listen on ${host}:${port}: ${reason}`, hint: 'choose another with --listen ADDRESS:PORT' },
      { cause: error },
    );
  });
}

interface PushFolder {
  /** Absent: nothing can be pushed. Made when the first upload begins, so that a server nobody pushes to leaves nothing behind. */
  readonly open?: () => Promise<string>;
  cleanUp(): Promise<void>;
}

function pushFolder(pushDir: string | false | undefined): PushFolder {
  if (pushDir === false) return { cleanUp: nothing };
  if (pushDir !== undefined) return { open: () => mkdir(pushDir, { recursive: true }).then(() => pushDir), cleanUp: nothing };
  let made: ReturnType<typeof temporaryDirectory> | undefined;
  return {
    async open() {
      made ??= temporaryDirectory({ prefix: 'shrinkwrap-push-', unsafeCleanup: true });
      return (await made).path;
    },
    async cleanUp() {
      const folder = await made;
      made = undefined;
      await folder?.cleanup();
    },
  };
}

/** Never throws: what goes wrong inside is this request's 500, or its broken connection once the headers are out. */
async function answer(request: IncomingMessage, response: ServerResponse, handlers: readonly Handler[], log: (line: string) => void): Promise<void> {
  const line = `${request.method ?? ''} ${request.url ?? ''}`;
  try {
    const asked = readRequest(request);
    await send(asked, response, await firstAnswer(asked, handlers));
    log(`${line} ${response.statusCode}`);
  } catch (error) {
    log(`${line} ${response.headersSent ? 'broken off' : '500'}: ${error instanceof Error ? error.message : String(error)}`);
    if (response.headersSent) response.destroy();
    else response.writeHead(500, { 'content-type': 'application/json' }).end('{"message":"Internal Server Error"}');
  }
}
