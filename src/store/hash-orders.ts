/** What the hashing thread is told, and what it answers; `id` is the file. */
import type { Range } from './disk-hash.ts';

export type Order = { readonly id: number } & (
  | { readonly what: 'open'; readonly path: string; readonly algorithms: readonly string[] }
  | { readonly what: 'add'; readonly ranges: readonly Range[] }
  | { readonly what: 'digests' }
  | { readonly what: 'drop' }
);

export type Answer = { readonly id: number } & ({ readonly digests: readonly string[] } | { readonly message: string; readonly code?: string });
