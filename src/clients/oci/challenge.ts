/** Reads WWW-Authenticate: the challenges of a 401, with the commas that stand inside quotes (RFC 9110 §11.6.1, facts/oci.md 2.1). */

export interface Challenge {
  /** Lower case: `bearer`, `basic`. */
  readonly scheme: string;
  /** Names in lower case. */
  readonly parameters: ReadonlyMap<string, string>;
}

const SEPARATOR = /[\s,]*/y;
const TOKEN = /[!#$%&'*+.^_`|~0-9A-Za-z-]+/y;
const EQUALS = /\s*=\s*/y;
const QUOTED = /"((?:[^"\\]|\\.)*)"/y;
/** The credentials form without names, `Negotiate TlRM…==`; it ends at a comma, which tells it from NAME=VALUE. */
const TOKEN68 = /\s+[A-Za-z0-9._~+/-]+=*(?=\s*(?:,|$))/y;

/** In the order of the header; what cannot be read ends the list, it never throws: the header comes from outside. */
export function parseChallenges(header: string): Challenge[] {
  const challenges: { scheme: string; parameters: Map<string, string> }[] = [];
  let at = 0;
  const take = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    const match = pattern.exec(header);
    if (match === null) return undefined;
    at = pattern.lastIndex;
    return match[1] ?? match[0];
  };
  for (;;) {
    take(SEPARATOR);
    const word = take(TOKEN);
    if (word === undefined) return challenges;
    if (take(EQUALS) === undefined) {
      challenges.push({ scheme: word.toLowerCase(), parameters: new Map() });
      take(TOKEN68);
      continue;
    }
    const quoted = take(QUOTED);
    const value = quoted === undefined ? take(TOKEN) : quoted.replaceAll(/\\(.)/g, '$1');
    if (value === undefined) return challenges;
    challenges.at(-1)?.parameters.set(word.toLowerCase(), value);
  }
}
