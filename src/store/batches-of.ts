/**
 * What arrived of a stream while its reader was busy, all at once: one write of many chunks costs what one write of a chunk does. Also what arrived
 * just before the stream broke: `for await` over a stream throws that away, and a resumed download would ask for it again.
 */
import type { Readable } from 'node:stream';

/** A reader that is slower than the network holds no more than about so much. */
const BATCH_BYTES = 1 << 20;

export async function* batchesOf(source: Readable): AsyncGenerator<readonly Uint8Array[]> {
  let batch: Uint8Array[] = [];
  let size = 0;
  let failed: { readonly error: unknown } | undefined;
  let ended = false;
  let wake = (): void => undefined;
  const onData = (chunk: Uint8Array): void => {
    batch.push(chunk);
    size += chunk.length;
    if (size >= BATCH_BYTES) source.pause();
    wake();
  };
  const onError = (error: unknown): void => {
    failed ??= { error };
    // What the stream still holds came before it broke. read() would tell the listener of it as well until the stream has told of its error.
    source.off('data', onData);
    for (let chunk = source.read() as Uint8Array | null; chunk !== null; chunk = source.read() as Uint8Array | null) batch.push(chunk);
    wake();
  };
  const onEnd = (): void => {
    ended = true;
    wake();
  };
  const onClose = (): void => (ended ? undefined : onError(new Error('the stream was closed before its end')));
  // The listener for errors stays: one may come after nobody reads any more.
  source.on('error', onError).on('end', onEnd).on('close', onClose).on('data', onData);
  try {
    // What happened before we listened is not told again.
    if (source.errored) onError(source.errored);
    else if (source.closed && !source.readableEnded) onClose();
    for (;;) {
      if (batch.length > 0) {
        const ready = batch;
        [batch, size] = [[], 0];
        source.resume();
        yield ready;
      } else if (failed !== undefined) throw failed.error;
      else if (ended || source.readableEnded) return;
      else await new Promise<void>((resolve) => (wake = resolve));
    }
  } finally {
    source.off('end', onEnd).off('close', onClose).off('data', onData);
    source.destroy();
  }
}
