/** The grammars of Juju's names, as its verification tests them. */
const APPLICATION = '[a-z][a-z0-9]*(?:-[a-z0-9]*[a-z][a-z0-9]*)*';
const NUMBER = '(?:0|[1-9][0-9]*)';
const RELATION = '[a-z][a-z0-9]*(?:[_-][a-z0-9]+)*';

export const CHARM_NAME = new RegExp(`^${APPLICATION}$`);
export const SERIES_NAME = /^[a-z]+(?:[a-z0-9]+)?$/;
export const APPLICATION_NAME = new RegExp(`^${APPLICATION}$`);
export const MACHINE_ID = new RegExp(`^${NUMBER}$`);
export const STORAGE_NAME = APPLICATION_NAME;
export const DEVICE_NAME = APPLICATION_NAME;
export const OFFER_NAME = APPLICATION_NAME;
export const ENDPOINT_NAME = new RegExp(`^${RELATION}$`);
export const SPACE_NAME = /^[a-z0-9]+(?:-[a-z0-9]+)*$/;
export const MODEL_NAME = /^[a-z0-9]+[a-z0-9-]*$/;

/** `NAME@TRACK[/RISK[/BRANCH]]` of an operating system that Juju knows. */
export const isBase = (text: string): boolean =>
  /^(?:ubuntu|centos|windows|osx|opensuse|genericlinux|kubernetes)@[a-zA-Z0-9._-]+(?:\/(?:stable|candidate|beta|edge)(?:\/[a-zA-Z0-9._-]+)?)?$/.test(text);

export interface Endpoint {
  readonly application: string;
  /** Empty when the relation leaves it to Juju to find. */
  readonly relation: string;
}

const APPLICATION_RELATION = new RegExp(`^(${APPLICATION}):(${RELATION})$`);

export function parseEndpoint(text: string): Endpoint | undefined {
  const match = APPLICATION_RELATION.exec(text);
  if (match?.[1] !== undefined && match[2] !== undefined) return { application: match[1], relation: match[2] };
  return APPLICATION_NAME.test(text) ? { application: text, relation: '' } : undefined;
}

export const formatEndpoint = ({ application, relation }: Endpoint): string => (relation === '' ? application : `${application}:${relation}`);

export type Placement =
  | { readonly kind: 'new' }
  | { readonly kind: 'machine'; readonly machine: string }
  | { readonly kind: 'application'; readonly application: string; readonly unit?: number };

const PLACEMENT = new RegExp(`^(?:[a-z]+:)?(?:(${APPLICATION})(?:/(${NUMBER}))?|(${NUMBER}))$`);

/** `(CONTAINER:)?(MACHINE|new|APPLICATION(/UNIT)?)` */
export function parsePlacement(text: string): Placement | undefined {
  const match = PLACEMENT.exec(text);
  if (match === null) return undefined;
  const [, application, unit, machine] = match;
  if (application === 'new') return unit === undefined ? { kind: 'new' } : undefined;
  if (application !== undefined) return { kind: 'application', application, ...(unit === undefined ? {} : { unit: Number(unit) }) };
  return { kind: 'machine', machine: machine ?? '' };
}
