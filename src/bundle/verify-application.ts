/** One application of a bundle, as far as it can be judged without its charm. */
import type { Application, ExposedEndpoint, Offer } from './bundle.ts';
import { readCharm } from './charm-url.ts';
import { checkDevice, checkStorage } from './constraints.ts';
import { DEVICE_NAME, ENDPOINT_NAME, isBase, OFFER_NAME, SERIES_NAME, STORAGE_NAME } from './names.ts';
import { verifyKubernetesPlacement, verifyPlacement } from './verify-placement.ts';
import { constraintComplaint, quoted, type Subject, tell, tellOf, type Verifying, verifyMix } from './verifying.ts';

export function verifyApplication(verifying: Verifying, name: string, application: Application | null): void {
  if (application === null) return tell(verifying, 'application-undefined', ['applications', name], `bundle application for key ${quoted(name)} is undefined`);
  const subject: Subject = { verifying, name, application };
  if (verifying.bundle.saas.has(name)) tellOf(subject, 'saas-name', [], `SAAS ${quoted(name)} already exists with application ${quoted(name)} name`);
  verifyCharm(subject);
  verifySystem(subject);
  verifyStorage(subject);
  verifyOffers(subject);
  verifyResources(subject);
  if ((application.numUnits ?? 0) < 0) tellOf(subject, 'units', ['num_units'], `negative number of units specified on application ${quoted(name)}`);
  if (verifying.bundle.type === 'kubernetes') verifyKubernetesPlacement(subject);
  else verifyPlacement(subject);
  verifyExposure(subject);
}

function verifyCharm(subject: Subject): void {
  const { name, application } = subject;
  const { charm = '', channel = '', revision } = application;
  if (charm === '') return tellOf(subject, 'charm', ['charm'], 'empty charm path');
  const found = readCharm(charm);
  if (found.kind === 'bad') return tellOf(subject, 'charm', ['charm'], `invalid charm URL in application ${quoted(name)}: ${found.message}`);
  if (found.kind === 'hub' && found.revision !== undefined) {
    tellOf(subject, 'charm-revision', ['charm'], `cannot specify revision in ${quoted(`ch:${charm.replace(/^ch:/, '')}`)}, please use revision`);
  }
  if (
    found.kind === 'store' &&
    found.series !== undefined &&
    application.series !== undefined &&
    application.series !== '' &&
    found.series !== application.series
  ) {
    tellOf(
      subject,
      'charm-series',
      ['charm'],
      `the charm URL for application ${quoted(name)} has a series which does not match, please remove the series from the URL`,
    );
  }
  if (found.kind === 'local' || revision === undefined || revision === null) return;
  if (found.kind === 'hub' && channel === '') {
    tellOf(subject, 'revision', ['revision'], `application ${quoted(name)} with a revision requires a channel for future upgrades, please use channel`);
  }
  if (revision < 0) tellOf(subject, 'revision', ['revision'], `the revision for application ${quoted(name)} must be zero or greater`);
}

function verifySystem(subject: Subject): void {
  const { verifying, name, application } = subject;
  const { series = '', base = '', constraints = '' } = application;
  if (series !== '' && !SERIES_NAME.test(series))
    tellOf(subject, 'series', ['series'], `application ${quoted(name)} declares an invalid series ${quoted(series)}`);
  if (base !== '' && !isBase(base)) tellOf(subject, 'base', ['base'], `application ${quoted(name)} declares an invalid base ${quoted(base)}`);
  verifyMix(verifying, `application ${quoted(name)}`, ['applications', name], 'base', application);
  const complaint = constraintComplaint(verifying, constraints);
  if (complaint !== undefined)
    tellOf(subject, 'constraints', ['constraints'], `invalid constraints ${quoted(constraints)} in application ${quoted(name)}: ${complaint}`);
}

function verifyStorage(subject: Subject): void {
  const { name, application } = subject;
  for (const [key, wanted] of application.storage ?? []) {
    if (!STORAGE_NAME.test(key)) tellOf(subject, 'storage', ['storage', key], `invalid storage name ${quoted(key)} in application ${quoted(name)}`);
    const complaint = checkStorage(wanted);
    if (complaint !== undefined) tellOf(subject, 'storage', ['storage', key], `invalid storage ${quoted(key)} in application ${quoted(name)}: ${complaint}`);
  }
  for (const [key, wanted] of application.devices ?? []) {
    if (!DEVICE_NAME.test(key)) tellOf(subject, 'device', ['devices', key], `invalid device name ${quoted(key)} in application ${quoted(name)}`);
    const complaint = checkDevice(wanted);
    if (complaint !== undefined) tellOf(subject, 'device', ['devices', key], `invalid device ${quoted(key)} in application ${quoted(name)}: ${complaint}`);
  }
}

function verifyOffers(subject: Subject): void {
  const { verifying, name, application } = subject;
  if (verifying.alone && application.offers !== undefined && application.offers !== null) overlayOnly(subject, ['offers']);
  for (const [key, offer] of application.offers ?? []) {
    if (!OFFER_NAME.test(key)) tellOf(subject, 'offer', ['offers', key], `invalid offer name ${quoted(key)} in application ${quoted(name)}`);
    verifyOffer(subject, key, offer);
  }
}

function verifyOffer(subject: Subject, key: string, offer: Offer | null): void {
  const path = ['offers', key];
  if (subject.verifying.alone && offer?.endpoints !== undefined) overlayOnly(subject, [...path, 'endpoints']);
  if (subject.verifying.alone && offer?.acl !== undefined && offer.acl !== null) overlayOnly(subject, [...path, 'acl']);
  for (const [index, endpoint] of (offer?.endpoints ?? []).entries()) {
    if (ENDPOINT_NAME.test(endpoint)) continue;
    tellOf(
      subject,
      'offer',
      [...path, 'endpoints', index],
      `invalid endpoint name ${quoted(endpoint)} for offer ${quoted(key)} in application ${quoted(subject.name)}`,
    );
  }
}

function overlayOnly(subject: Subject, keys: readonly string[]): void {
  tellOf(subject, 'overlay-only', keys, `applications.${subject.name}.${keys.join('.')} can only appear in an overlay section`);
}

function verifyResources(subject: Subject): void {
  const { name, application } = subject;
  for (const [key, value] of application.resources ?? []) {
    if (key === '') tellOf(subject, 'resource', ['resources'], `missing resource name on application ${quoted(name)}`);
    const whole = typeof value === 'bigint' || (typeof value === 'number' && Number.isInteger(value));
    if (!whole && typeof value !== 'string') tellOf(subject, 'resource', ['resources', key], `resource revision ${quoted(name)} is not int or string`);
  }
}

function verifyExposure(subject: Subject): void {
  const { verifying, name, application } = subject;
  const endpoints = application.exposedEndpoints;
  if (endpoints === undefined || endpoints === null) return;
  if (verifying.alone) overlayOnly(subject, ['exposed-endpoints']);
  if (endpoints.size > 0 && application.expose === true) {
    const why = 'as this poses a security risk when deploying bundles to older controllers';
    return tellOf(
      subject,
      'exposed-endpoints',
      ['exposed-endpoints'],
      `exposed-endpoints cannot be specified together with "exposed:true" in application ${quoted(name)} ${why}`,
    );
  }
  for (const [endpoint, exposed] of endpoints) verifyExposed(subject, endpoint, exposed);
}

function verifyExposed(subject: Subject, endpoint: string, exposed: ExposedEndpoint): void {
  const path = ['exposed-endpoints', endpoint];
  if (subject.verifying.alone && exposed.exposeToSpaces !== undefined) overlayOnly(subject, [...path, 'expose-to-spaces']);
  if (subject.verifying.alone && exposed.exposeToCidrs !== undefined) overlayOnly(subject, [...path, 'expose-to-cidrs']);
  for (const [index, cidr] of (exposed.exposeToCidrs ?? []).entries()) {
    if (isCidr(cidr)) continue;
    const message = `invalid CIDR ${quoted(cidr)} for expose to CIDRs field for endpoint ${quoted(endpoint)} in application ${quoted(subject.name)}`;
    tellOf(subject, 'cidr', [...path, 'expose-to-cidrs', index], message);
  }
}

function isCidr(text: string): boolean {
  const [, address = '', bits = ''] = /^([0-9a-fA-F:.]+)\/([0-9]{1,3})$/.exec(text) ?? [];
  const four = /^(?:0|[1-9][0-9]{0,2})(?:\.(?:0|[1-9][0-9]{0,2})){3}$/.test(address) && address.split('.').every((part) => Number(part) <= 255);
  return bits !== '' && ((four && Number(bits) <= 32) || (isIpv6(address) && Number(bits) <= 128));
}

function isIpv6(address: string): boolean {
  // The last two groups may be written as an address of version 4.
  const halves = address.replace(/(?<=:)[0-9]+(?:\.[0-9]+){3}$/, '0:0').split('::');
  const groups = halves.flatMap((half) => (half === '' ? [] : half.split(':')));
  if (!address.includes(':') || halves.length > 2 || !groups.every((group) => /^[0-9a-fA-F]{1,4}$/.test(group))) return false;
  return halves.length === 2 ? groups.length < 8 : groups.length === 8;
}
