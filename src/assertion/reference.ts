/** Names of assertions, what each needs beside it, and its signing key: along these a stream is fetched and checked (facts/snap-store.md 3.6). */
import { type Assertion, type AssertionRef, DEFAULT_PROVENANCE, PRIMARY_KEYS } from './assertion.ts';
import { keyHeader } from './header-values.ts';

export const SERIES = '16';

export const accountRef = (id: string): AssertionRef => ({ type: 'account', key: [id] });
export const accountKeyRef = (id: string): AssertionRef => ({ type: 'account-key', key: [id] });
export const snapDeclarationRef = (snapId: string): AssertionRef => ({ type: 'snap-declaration', key: [SERIES, snapId] });
/** Another provenance than the global store's is part of the name. */
export const snapRevisionRef = (digest: string, provenance = DEFAULT_PROVENANCE): AssertionRef => ({
  type: 'snap-revision',
  key: provenance === DEFAULT_PROVENANCE ? [digest] : [digest, provenance],
});

/** `snap-declaration/16/ID`: unique, and the path of the store. */
export const refPath = ({ type, key }: AssertionRef): string => [type, ...key].join('/');

/** `snap-declaration (ID; series:16)`, as snapd prints it. */
export function formatRef({ type, key }: AssertionRef): string {
  const names: readonly string[] = PRIMARY_KEYS[type];
  const last = names.length - 1;
  const rest = key.flatMap((value, index) => (index === last ? [] : [`${names[index] ?? 'provenance'}:${value}`]));
  return `${type} (${key[last] ?? ''}${rest.length === 0 ? '' : `; ${rest.join(' ')}`})`;
}

/** In the order in which snapd fetches them; the signing key comes after them. */
export function prerequisites(assertion: Assertion): AssertionRef[] {
  const header = (name: string): string => keyHeader(assertion.headers, name, formatRef(assertion));
  switch (assertion.type) {
    case 'snap-revision':
      return [snapDeclarationRef(header('snap-id')), accountRef(header('developer-id'))];
    case 'snap-declaration':
      return [accountRef(header('publisher-id'))];
    case 'account-key':
      return [accountRef(header('account-id'))];
    case 'store':
      return [accountRef(header('operator-id'))];
    case 'snap-resource-revision':
    case 'snap-resource-pair':
      return [snapDeclarationRef(header('snap-id')), accountRef(header('developer-id'))];
    case 'account':
      return [];
  }
}

export const signingKeyRef = (assertion: Assertion): AssertionRef => accountKeyRef(assertion.signKeyId);
