/** The chunks of a stream, also those that arrived just before it broke: `for await` over a stream throws them away, and a resumed download would ask for them again. */
import type { Readable } from 'node:stream';

export async function* chunksOf(source: Readable): AsyncGenerator<Uint8Array> {
  let failed: { readonly error: unknown } | undefined;
  let ended = false;
  let wake = (): void => undefined;
  const onError = (error: unknown): void => {
    failed ??= { error };
    wake();
  };
  const onEnd = (): void => {
    ended = true;
    wake();
  };
  const onClose = (): void => (ended ? undefined : onError(new Error('the stream was closed before its end')));
  const onReadable = (): void => wake();
  // The listener for errors stays: one may come after nobody reads any more.
  source.on('error', onError).on('end', onEnd).on('close', onClose).on('readable', onReadable);
  try {
    if (source.errored) onError(source.errored);
    for (;;) {
      const chunk = source.read() as Uint8Array | null;
      if (chunk !== null) yield chunk;
      else if (failed !== undefined) throw failed.error;
      else if (ended || source.readableEnded) return;
      else await new Promise<void>((resolve) => (wake = resolve));
    }
  } finally {
    source.off('end', onEnd).off('close', onClose).off('readable', onReadable);
    source.destroy();
  }
}
