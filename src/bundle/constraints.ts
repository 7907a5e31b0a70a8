/** Constraint strings as Juju 3.6 parses them: each function answers with Juju's words for what is wrong, or with nothing. */
import { isArch } from '../domain/arch.ts';
import { SPACE_NAME } from './names.ts';

type Complaint = string | undefined;

const q = (text: string): string => JSON.stringify(text);

const number = (text: string): Complaint => (/^[0-9]*$/.test(text) ? undefined : 'must be a non-negative integer');
const size = (text: string): Complaint =>
  /^(?:[0-9]+\.?[0-9]*(?:[eE][+-]?[0-9]+)?|\.[0-9]+)?[MGTP]?$/.test(text) ? undefined : 'must be a non-negative float with optional M/G/T/P suffix';
const bool = (text: string): Complaint => (/^(?:|1|t|T|TRUE|true|True|0|f|F|FALSE|false|False)$/.test(text) ? undefined : "must be 'true' or 'false'");
const arch = (text: string): Complaint => (text === '' || isArch(text) || text === 'arm' || text === 'ppc64' ? undefined : `${q(text)} not recognized`);
const container = (text: string): Complaint => (['', 'none', 'lxd', 'lxc', 'kvm'].includes(text) ? undefined : `invalid container type ${q(text)}`);
const any = (): Complaint => undefined;

function spaces(text: string): Complaint {
  const names = text === '' ? [] : text.split(',').map((name) => name.replace(/^\^/, ''));
  const bad = names.find((name) => !SPACE_NAME.test(name));
  return bad === undefined ? undefined : `${q(bad)} is not a valid space name`;
}

const CONSTRAINTS: Readonly<Record<string, (text: string) => Complaint>> = {
  arch,
  container,
  spaces,
  cores: number,
  'cpu-power': number,
  mem: size,
  'root-disk': size,
  'allocate-public-ip': bool,
  'root-disk-source': any,
  tags: any,
  'instance-role': any,
  'instance-type': any,
  'virt-type': any,
  zones: any,
  'image-id': any,
};
const ALIASES: Readonly<Record<string, string>> = { 'cpu-cores': 'cores' };

/** `KEY=VALUE` parted by spaces; a space within a value has a backslash before it. */
const parts = (text: string): string[] => (text.match(/(?:\\ |[^ ])+/g) ?? []).map((part) => part.replaceAll('\\ ', ' ').trim()).filter((part) => part !== '');

export function checkConstraints(text: string): Complaint {
  const seen = new Set<string>();
  for (const part of parts(text)) {
    const equals = part.indexOf('=');
    if (equals <= 0) return `malformed constraint ${q(part)}`;
    const written = part.slice(0, equals);
    const name = ALIASES[written] ?? written;
    const check = Object.hasOwn(CONSTRAINTS, name) ? CONSTRAINTS[name] : undefined;
    if (check === undefined) return `unknown constraint ${q(name)}`;
    const complaint = seen.has(name) ? 'already set' : check(part.slice(equals + 1));
    if (complaint !== undefined) return `bad ${q(name)} constraint: ${complaint}`;
    seen.add(name);
  }
  return undefined;
}

/** Juju takes image-id from overlays only (facts/charmhub-juju.md 3.4). */
export const asksForImage = (text: string | undefined): boolean => parts(text ?? '').some((part) => part.startsWith('image-id='));

/** `POOL`, `COUNT` and `SIZE` in any order, parted by commas. */
export function checkStorage(text: string): Complaint {
  let pool: string | undefined;
  let said = false;
  for (const field of text.split(',').filter((part) => part !== '')) {
    if (/^[a-zA-Z]+[-?a-zA-Z0-9]*$/.test(field)) {
      if (pool !== undefined) return `pool name is already set to ${q(pool)}, new value ${q(field)} not valid`;
      pool = field;
    } else if (/^-?[0-9]+$/.test(field)) {
      if (!/^0*[1-9]/.test(field)) return `cannot parse count: count must be greater than zero, got ${q(field)}`;
    } else if (/^-?[0-9]+(?:\.[0-9]+)?[MGTPEZY](?:i?B)?$/.test(field)) {
      if (field.startsWith('-')) return `cannot parse size: expected a non-negative number, got ${q(field)}`;
    } else return `unrecognized storage constraint ${q(field)} not valid`;
    said = true;
  }
  return said ? undefined : 'storage constraints require at least one field to be specified';
}

/** `[COUNT,]CLASS[,KEY=VALUE;…]` */
export function checkDevice(text: string): Complaint {
  const [count = '', _class, attributes, ...more] = text.split(',');
  if (more.length > 0) return 'cannot parse device constraints string, supported format is [<count>,]<device-class>|<vendor/type>[,<key>=<value>;...]';
  if (_class === undefined) return undefined;
  if (!/^\+?0*[1-9][0-9]*$/.test(count)) return `count must be greater than zero, got ${q(count)}`;
  const bad = attributes?.split(';').find((attribute) => attribute.split('=').length !== 2);
  return bad === undefined ? undefined : `device attribute key/value pair has bad format: ${q(bad)}`;
}
