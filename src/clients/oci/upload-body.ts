/** A body that is sent: whether it was its source that failed, and whether the other side still takes bytes. */
import { Readable } from 'node:stream';

export interface UploadBody {
  /** A stream from the first byte on, for each time that the request is sent. */
  start(): Readable;
  /** Aborted when no byte was taken for so long. */
  readonly signal: AbortSignal;
  /** What the source failed with; undefined while it has not. */
  failure(): unknown;
  /** Ends whatever is left of it. */
  close(): void;
}

export interface UploadBodyOptions {
  readonly stallMs: number;
  /** The reason of the abort. */
  readonly onStall: () => Error;
}

export function uploadBody(open: () => AsyncIterable<Uint8Array>, { stallMs, onStall }: UploadBodyOptions): UploadBody {
  const controller = new AbortController();
  const streams: Readable[] = [];
  let failed: { readonly error: unknown } | undefined;
  return {
    start() {
      streams.at(-1)?.destroy();
      const fail = (error: unknown): void => void (failed ??= { error });
      const stream = Readable.from(watched(open(), { stallMs, fail, stall: () => controller.abort(onStall()) }), { objectMode: false });
      // Whoever sends it may have gone: then nobody listens, and nobody needs to.
      stream.on('error', () => undefined);
      streams.push(stream);
      return stream;
    },
    signal: controller.signal,
    failure: () => failed?.error,
    close: () => streams.forEach((stream) => stream.destroy()),
  };
}

interface Watch {
  readonly stallMs: number;
  readonly fail: (error: unknown) => void;
  readonly stall: () => void;
}

/** Asked by hand: an error that the reader throws in at `yield` is not the source's. */
async function* watched(source: AsyncIterable<Uint8Array>, { stallMs, fail, stall }: Watch): AsyncGenerator<Uint8Array> {
  const iterator = source[Symbol.asyncIterator]();
  let timer: NodeJS.Timeout | undefined;
  const next = async (): Promise<IteratorResult<Uint8Array>> => {
    try {
      return await iterator.next();
    } catch (error) {
      fail(error);
      throw error;
    }
  };
  try {
    for (let result = await next(); result.done !== true; result = await next()) {
      timer = setTimeout(stall, stallMs);
      yield result.value;
      clearTimeout(timer);
    }
  } finally {
    clearTimeout(timer);
    await iterator.return?.();
  }
}
