/** What a Juju bundle says (facts/charmhub-juju.md 3.2, 3.3): plain data, in the order of its text. */

/** A value of YAML as Juju reads it: integers beyond 2^53 keep their digits, sexagesimals and dates stay text. */
export type Value = string | number | bigint | boolean | null | readonly Value[] | { readonly [key: string]: Value };

/** Two endpoints, `APPLICATION[:ENDPOINT]` each. */
export type Relation = readonly string[];

export interface Machine {
  readonly constraints?: string | undefined;
  readonly annotations?: ReadonlyMap<string, string> | null | undefined;
  readonly series?: string | undefined;
  readonly base?: string | undefined;
}

export interface Saas {
  readonly url?: string | undefined;
}

export interface Offer {
  readonly endpoints?: readonly string[] | undefined;
  readonly acl?: ReadonlyMap<string, string> | null | undefined;
}

export interface ExposedEndpoint {
  readonly exposeToSpaces?: readonly string[] | undefined;
  readonly exposeToCidrs?: readonly string[] | undefined;
}

/**
 * One application. A key that the text lacks is absent here; a scalar written as null is its zero value, as in Juju, and a map
 * written as null is null, which an overlay uses to clear. `scale` is read as numUnits and `placement` as `to`, as Juju does.
 */
export interface Application {
  readonly charm?: string | undefined;
  /** As written: `1.30` stays `1.30`. */
  readonly channel?: string | undefined;
  readonly revision?: number | null | undefined;
  readonly series?: string | undefined;
  readonly base?: string | undefined;
  /** A revision at Charmhub, or a path relative to the base bundle; null removes it in an overlay. */
  readonly resources?: ReadonlyMap<string, Value> | null | undefined;
  readonly numUnits?: number | undefined;
  readonly to?: readonly string[] | undefined;
  readonly expose?: boolean | undefined;
  readonly exposedEndpoints?: ReadonlyMap<string, ExposedEndpoint> | null | undefined;
  readonly options?: ReadonlyMap<string, Value> | null | undefined;
  readonly annotations?: ReadonlyMap<string, string> | null | undefined;
  readonly constraints?: string | undefined;
  readonly storage?: ReadonlyMap<string, string> | null | undefined;
  readonly devices?: ReadonlyMap<string, string> | null | undefined;
  readonly bindings?: ReadonlyMap<string, string> | null | undefined;
  readonly offers?: ReadonlyMap<string, Offer | null> | null | undefined;
  readonly plan?: string | undefined;
  readonly trust?: boolean | undefined;
}

export interface Bundle {
  /** The key `bundle`: `kubernetes`, or absent for machines. */
  readonly type?: string | undefined;
  readonly name?: string | undefined;
  readonly series?: string | undefined;
  readonly defaultBase?: string | undefined;
  /** A null application removes one in an overlay; a base must not have any. */
  readonly applications: ReadonlyMap<string, Application | null>;
  /** Written under `services`, as Juju 2.9 still allowed. */
  readonly legacyServices?: true | undefined;
  readonly relations: readonly Relation[];
  /** Absent and empty differ: an overlay that has the key replaces every machine. */
  readonly machines?: ReadonlyMap<string, Machine | null> | undefined;
  readonly saas: ReadonlyMap<string, Saas | null>;
  /** Other top-level keys: description, docs, source and whatever Juju ignores. Never taken from overlays. */
  readonly informational: ReadonlyMap<string, Value>;
}
