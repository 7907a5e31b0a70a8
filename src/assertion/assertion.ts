/** What a snap assertion is once it has been read: parsed headers beside the bytes that were signed, which are never written anew (facts/snap-store.md 3.1). */

/** Headers know text, lists and maps; numbers and times are text until a reader of the type asks. */
export type HeaderValue = string | readonly HeaderValue[] | HeaderMap;
export interface HeaderMap {
  readonly [name: string]: HeaderValue;
}

/** The types that can stand in the stream of a snap, with the headers that make their primary key. */
export const PRIMARY_KEYS = {
  account: ['account-id'],
  'account-key': ['public-key-sha3-384'],
  'snap-declaration': ['series', 'snap-id'],
  'snap-revision': ['snap-sha3-384'],
  store: ['store'],
  'snap-resource-revision': ['snap-id', 'resource-name', 'resource-sha3-384'],
  'snap-resource-pair': ['snap-id', 'resource-name', 'resource-revision', 'snap-revision'],
} as const satisfies Record<string, readonly string[]>;

export type AssertionType = keyof typeof PRIMARY_KEYS;

export const isAssertionType = (text: string): text is AssertionType => Object.hasOwn(PRIMARY_KEYS, text);

/** The provenance that is not part of a primary key: whatever the global store took in. */
export const DEFAULT_PROVENANCE = 'global-upload';

/** Types whose primary key ends with the provenance when it is another. */
export const hasProvenance = (type: AssertionType): boolean => type === 'snap-revision' || type === 'snap-resource-revision' || type === 'snap-resource-pair';

export type MaxFormat = Readonly<Partial<Record<AssertionType, number>>>;

/** Formats that snapd 2.54 and later understand; a type that is absent has only format 0 (facts/snap-store.md 1.5). */
export const MAX_FORMAT: MaxFormat = { 'snap-declaration': 5 };

/** An assertion by its name. */
export interface AssertionRef {
  readonly type: AssertionType;
  /** Values of the primary key, in the order of the type; another provenance than the default one comes last. */
  readonly key: readonly string[];
}

export interface Assertion extends AssertionRef {
  readonly authorityId: string;
  /** Id of the account-key that signed it. */
  readonly signKeyId: string;
  readonly format: number;
  readonly revision: number;
  readonly headers: HeaderMap;
  readonly body: Buffer;
  /** The signed bytes: from the first of the headers to the last of the body. */
  readonly content: Buffer;
  /** Base64 text, with its final line feed when it had one. */
  readonly signature: Buffer;
}
