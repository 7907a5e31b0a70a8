/** What the core tells of its progress. It has never heard of a terminal; the listeners live in cli/. */

export const STAGES = ['discover', 'plan', 'fetch', 'verify', 'assemble', 'archive'] as const;
/** Packing goes through those above in their order; mirroring is one by itself. */
export type Stage = (typeof STAGES)[number] | 'mirror';

export type Event =
  | { readonly type: 'stage'; readonly stage: Stage; readonly state: 'start' | 'done' | 'skip'; readonly detail?: string }
  /** `bytes` so far of `of`; `item` is what a person calls it. */
  | {
      readonly type: 'item';
      readonly stage: Stage;
      readonly item: string;
      readonly state: 'start' | 'progress' | 'done' | 'cached' | 'retry' | 'fail';
      readonly bytes?: number;
      readonly of?: number;
      readonly detail?: string;
    }
  | { readonly type: 'note'; readonly message: string }
  | { readonly type: 'warning'; readonly code: string; readonly message: string };

export type Report = (event: Event) => void;
