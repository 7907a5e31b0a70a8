/** What a measurement is: something of ours beside something of somebody else's on the same data, as a ratio with a budget. */

/** Never a failure of the run: machines are noisy, and people judge. */
export type Budget = { readonly atMost: number } | { readonly atLeast: number };

export interface Row {
  /** `50 images: shrinkwrap over skopeo`. */
  readonly what: string;
  readonly ours: number;
  /** Absent where a figure stands for itself. */
  readonly other?: number;
  readonly unit: 's' | 'ms' | 'MiB' | 'requests';
  /** What the budget speaks of: a ratio, or the figure itself. */
  readonly figure: number;
  /** Absent for a figure that is shown and not judged. */
  readonly budget?: Budget;
}

export interface Program {
  readonly program: string;
  readonly debian: string;
}

export interface Measurement {
  /** Word for the command line. */
  readonly name: string;
  readonly about: string;
  readonly needs: readonly Program[];
  /** `work` is an empty directory that goes away; `say` tells what is going on. */
  measure(work: string, say: (line: string) => void): Promise<Row[]>;
}

export const CURL: Program = { program: 'curl', debian: 'curl' };
export const SKOPEO: Program = { program: 'skopeo', debian: 'skopeo' };
export const DOCKER: Program = { program: 'dockerd', debian: 'docker.io' };
export const REGISTRY: Program = { program: 'docker-registry', debian: 'docker-registry' };
export const OPENSSL: Program = { program: 'openssl', debian: 'openssl' };
