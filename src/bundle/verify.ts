/** Everything that Juju 3.6 finds wrong with a bundle before it asks for any charm; its words (facts/charmhub-juju.md 3.4). */
import type { Problem } from '../domain/errors.ts';
import type { Bundle, Machine, Saas } from './bundle.ts';
import { isBase, MACHINE_ID, OFFER_NAME, SERIES_NAME } from './names.ts';
import { isOfferUrl } from './offer-url.ts';
import type { Places } from './places.ts';
import { verifyApplication } from './verify-application.ts';
import { verifyRelations } from './verify-relations.ts';
import { constraintComplaint, quoted, tell, type Verifying, verifyMix } from './verifying.ts';

export function verifyBundle(bundle: Bundle, places: Places, { alone }: { readonly alone: boolean }): Problem[] {
  const verifying: Verifying = { bundle, places, alone, problems: [], placed: new Set() };
  verifyTop(verifying);
  for (const [name, saas] of bundle.saas) verifySaas(verifying, name, saas);
  const machines = bundle.type === 'kubernetes' ? [] : [...(bundle.machines ?? [])];
  for (const [id, machine] of machines) verifyMachine(verifying, id, machine);
  if (bundle.applications.size === 0) tell(verifying, 'no-application', ['applications'], 'at least one application must be specified');
  for (const [name, application] of bundle.applications) verifyApplication(verifying, name, application);
  verifyRelations(verifying);
  for (const [id] of machines) {
    if (!verifying.placed.has(id)) tell(verifying, 'machine-unused', ['machines', id], `machine ${quoted(id)} is not referred to by a placement directive`);
  }
  return verifying.problems;
}

function verifyTop(verifying: Verifying): void {
  const { type = '', machines, series = '', defaultBase = '' } = verifying.bundle;
  if (type !== '' && type !== 'kubernetes') tell(verifying, 'bundle-type', ['bundle'], `bundle has an invalid type ${quoted(type)}`);
  if (type === 'kubernetes' && (machines?.size ?? 0) > 0)
    tell(verifying, 'kubernetes-machines', ['machines'], 'bundle machines not valid for Kubernetes bundles');
  if (series !== '' && !SERIES_NAME.test(series)) tell(verifying, 'series', ['series'], `bundle declares an invalid series ${quoted(series)}`);
  if (defaultBase !== '' && !isBase(defaultBase)) tell(verifying, 'base', ['default-base'], `bundle declares an invalid base ${quoted(defaultBase)}`);
  verifyMix(verifying, 'bundle', [], 'default-base', { series, base: defaultBase });
}

function verifySaas(verifying: Verifying, name: string, saas: Saas | null): void {
  const path = ['saas', name];
  if (verifying.bundle.applications.has(name)) tell(verifying, 'saas-name', path, `application ${quoted(name)} already exists with SAAS ${quoted(name)} name`);
  if (!OFFER_NAME.test(name)) tell(verifying, 'saas-name', path, `invalid SAAS name ${quoted(name)} found`);
  const url = saas?.url ?? '';
  if (url !== '' && !isOfferUrl(url)) tell(verifying, 'saas-url', [...path, 'url'], `invalid offer URL ${quoted(url)} for SAAS ${name}`);
}

function verifyMachine(verifying: Verifying, id: string, machine: Machine | null): void {
  const path = ['machines', id];
  if (!MACHINE_ID.test(id)) tell(verifying, 'machine-id', path, `invalid machine id ${quoted(id)} found in machines`);
  if (machine === null) return;
  const { constraints = '', series = '', base = '' } = machine;
  const complaint = constraints === '' ? undefined : constraintComplaint(verifying, constraints);
  if (complaint !== undefined)
    tell(verifying, 'constraints', [...path, 'constraints'], `invalid constraints ${quoted(constraints)} in machine ${quoted(id)}: ${complaint}`);
  if (series !== '' && !SERIES_NAME.test(series)) tell(verifying, 'series', [...path, 'series'], `invalid series ${quoted(series)} for machine ${quoted(id)}`);
  if (base !== '' && !isBase(base)) tell(verifying, 'base', [...path, 'base'], `invalid base ${quoted(base)} for machine ${quoted(id)}`);
  verifyMix(verifying, `machine ${quoted(id)}`, path, 'base', machine);
}
