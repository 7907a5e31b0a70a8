/** Assertions -> the bytes of an .assert file as `snap download` writes it. Content and signature are copied, never written anew (facts/snap-store.md 3.2). */
import type { Assertion } from './assertion.ts';

const LF = Buffer.from('\n');
const LINE_FEED = 0x0a;

export function encodeStream(assertions: readonly Pick<Assertion, 'content' | 'signature'>[]): Buffer {
  return Buffer.concat(assertions.flatMap((assertion, index) => [...(index === 0 ? [] : [LF]), encodeAssertion(assertion)]));
}

/** One assertion with its final line feed. */
export function encodeAssertion({ content, signature }: Pick<Assertion, 'content' | 'signature'>): Buffer {
  return Buffer.concat([content, LF, LF, signature, ...(signature.at(-1) === LINE_FEED ? [] : [LF])]);
}
