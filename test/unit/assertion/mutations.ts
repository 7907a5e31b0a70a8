/** Small damages to a stream of assertions: bits, bytes, lines, numbers, lengths. */

export type Random = (below: number) => number;

/** mulberry32: small, seeded, good enough to choose places. */
export function randomFrom(seed: number): Random {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}

const splice = (bytes: Buffer, at: number, count: number, more: Buffer): Buffer => Buffer.concat([bytes.subarray(0, at), more, bytes.subarray(at + count)]);

/** Splits into lines with their ends. */
const linesOf = (bytes: Buffer): string[] => bytes.toString('latin1').match(/[^\n]*\n?/g) ?? [];

export const MUTATIONS: readonly ((bytes: Buffer, random: Random) => Buffer)[] = [
  (bytes, random) => splice(bytes, random(bytes.length), 1, Buffer.from([random(256)])),
  (bytes, random) => {
    const at = random(bytes.length);
    return splice(bytes, at, 1, Buffer.from([(bytes[at] ?? 0) ^ (1 << random(8))]));
  },
  (bytes, random) => splice(bytes, random(bytes.length), 1 + random(40), Buffer.alloc(0)),
  (bytes, random) => splice(bytes, random(bytes.length), 0, Buffer.from([random(256)])),
  (bytes, random) => splice(bytes, random(bytes.length), 0, Buffer.from(['\n', '\n\n', ' ', '  -', ':', '='][random(6)] ?? '')),
  (bytes, random) => bytes.subarray(0, random(bytes.length)),
  (bytes, random) => {
    const from = random(bytes.length);
    return splice(bytes, random(bytes.length), 0, bytes.subarray(from, from + 1 + random(200)));
  },
  (bytes, random) => {
    const lines = linesOf(bytes);
    const [a, b] = [random(lines.length), random(lines.length)];
    return Buffer.from(lines.map((line, at) => (at === a ? lines[b] : at === b ? lines[a] : line)).join(''), 'latin1');
  },
  (bytes, random) => {
    const lines = linesOf(bytes);
    lines.splice(random(lines.length), 1);
    return Buffer.from(lines.join(''), 'latin1');
  },
  (bytes, random) =>
    Buffer.from(
      bytes.toString('latin1').replace(/\d+(?=\n)/g, (number) => (random(8) === 0 ? String(Number(number) + random(3) - 1) : number)),
      'latin1',
    ),
];
