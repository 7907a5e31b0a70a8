/**
 * Numbers as Juju reads them: integers in every base that Go writes, the octals of YAML 1.1 and of 1.2 among them, underscores anywhere but
 * in front; no base 60, and nothing that a float cannot hold (gopkg.in/yaml.v2 resolve.go, of which Juju's parser is a fork). Pure.
 */

/** `undefined` for what stays a text. Integers of 64 bits beyond 2^53 keep their digits, longer ones are floats to Go as well. */
export function readNumber(text: string): number | bigint | undefined {
  if (WORDS.test(text)) return readWord(text);
  if (!/^[-+.0-9]/.test(text)) return undefined;
  const plain = text.replaceAll('_', '');
  return readInteger(plain) ?? readFloat(plain);
}

const WORDS = /^(?:[-+]?\.(?:inf|Inf|INF)|\.nan|\.NaN|\.NAN)$/;

function readWord(text: string): number {
  if (/nan$/i.test(text)) return Number.NaN;
  return text.startsWith('-') ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
}

function readInteger(plain: string): number | bigint | undefined {
  const [, sign = '', digits] = /^([-+]?)(0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO]?[0-7]+|0|[1-9][0-9]*)$/.exec(plain) ?? [];
  if (digits === undefined) return undefined;
  const size = BigInt(digits.toLowerCase().replace(/^0(?=[0-7])/, '0o'));
  const exact = sign === '-' ? -size : size;
  if (BigInt.asIntN(64, exact) !== exact && (sign !== '' || BigInt.asUintN(64, exact) !== exact)) return undefined;
  return Number.isSafeInteger(Number(exact)) ? Number(exact) : exact;
}

function readFloat(plain: string): number | undefined {
  const float = /^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$/.test(plain) ? Number(plain) : Number.NaN;
  return Number.isFinite(float) ? float : undefined;
}
