/** One numbered part of the operator's README. */
export interface Part {
  readonly title: string;
  /** Markdown without the heading. */
  readonly text: string;
}
