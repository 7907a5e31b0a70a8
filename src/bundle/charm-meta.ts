/** What verification asks of a charm: metadata.yaml and config.yaml as types. Lenient: what a charm says wrongly is the charm's affair. */
import { parse } from 'yaml';

export interface CharmEndpoint {
  readonly interface: string;
}

export interface CharmMeta {
  readonly subordinate: boolean;
  readonly provides: ReadonlyMap<string, CharmEndpoint>;
  readonly requires: ReadonlyMap<string, CharmEndpoint>;
  readonly peers: ReadonlyMap<string, CharmEndpoint>;
  readonly extraBindings: ReadonlySet<string>;
  /** Option name → type: string, int, float, boolean, secret. */
  readonly options: ReadonlyMap<string, string>;
  readonly storage: ReadonlySet<string>;
  readonly devices: ReadonlySet<string>;
  readonly resources: ReadonlyMap<string, CharmResource>;
}

export interface CharmResource {
  /** file or oci-image. */
  readonly type: string;
  readonly filename: string;
}

export function readCharmMeta(metadataYaml: string, configYaml: string): CharmMeta {
  const metadata = record(parse(metadataYaml, { version: '1.1', merge: true, logLevel: 'silent' }));
  const config = record(parse(configYaml, { version: '1.1', merge: true, logLevel: 'silent' }));
  const options = Object.entries(record(config['options'])).map(([name, option]) => [name, text(record(option)['type'], 'string')] as const);
  return {
    subordinate: metadata['subordinate'] === true,
    provides: endpoints(metadata['provides']),
    requires: endpoints(metadata['requires']),
    peers: endpoints(metadata['peers']),
    extraBindings: new Set(Object.keys(record(metadata['extra-bindings']))),
    options: new Map(options),
    storage: new Set(Object.keys(record(metadata['storage']))),
    devices: new Set(Object.keys(record(metadata['devices']))),
    resources: new Map(
      Object.entries(record(metadata['resources'])).map(([name, spec]) => [
        name,
        { type: text(record(spec)['type'], 'file'), filename: text(record(spec)['filename'], '') },
      ]),
    ),
  };
}

/** `NAME: {interface: X}` and its short form `NAME: X`. */
function endpoints(value: unknown): ReadonlyMap<string, CharmEndpoint> {
  return new Map(
    Object.entries(record(value)).map(([name, endpoint]) => [
      name,
      { interface: typeof endpoint === 'string' ? endpoint : text(record(endpoint)['interface'], '') },
    ]),
  );
}

const record = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {};

const text = (value: unknown, otherwise: string): string => (typeof value === 'string' ? value : otherwise);
