/**
 * Big buffers that go round: memory that was never touched costs more than the bytes that are put into it. Who made one takes it from here, who has
 * written it gives it back; what nobody gives back is an ordinary buffer.
 */
const KEPT = 4;
const free: Buffer[] = [];
const ours = new WeakSet<Uint8Array>();

/** `length` bytes of anything. */
export function takeFrame(length: number): Buffer {
  const at = free.findIndex((frame) => frame.length === length);
  const [frame = Buffer.allocUnsafeSlow(length)] = at < 0 ? [] : free.splice(at, 1);
  ours.add(frame);
  return frame;
}

/** Nobody may look at it any more. What is no frame, or was given back already, stays what it is. */
export function giveFrameBack(bytes: Uint8Array): void {
  if (!ours.delete(bytes)) return;
  free.push(bytes as Buffer);
  if (free.length > KEPT) free.shift();
}
