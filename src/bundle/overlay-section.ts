/**
 * What Juju takes from an overlay only: a flattened bundle carries it in a second document, as `juju export-bundle` does.
 * offers, exposed-endpoints (facts/charmhub-juju.md 3.5) and constraints with image-id (3.4).
 */
import type { Application, Bundle, Machine } from './bundle.ts';
import { asksForImage } from './constraints.ts';
import { bundleFields } from './fields-of.ts';
import { present } from './present.ts';
import { toYaml } from './to-yaml.ts';

export interface Sections {
  readonly base: Bundle;
  /** Empty when everything may stand in the base. */
  readonly overlay: string;
}

export function splitSections(bundle: Bundle): Sections {
  const applications = new Map([...bundle.applications].map(([name, application]) => [name, application === null ? null : withoutOverlayOnly(application)]));
  const only = new Map([...bundle.applications].flatMap(([name, application]) => overlayOnly(name, application)));
  const imaged = [...(bundle.machines ?? [])].some(([, machine]) => asksForImage(machine?.constraints));
  const base = {
    ...bundle,
    applications,
    ...(imaged ? { machines: new Map([...(bundle.machines ?? [])].map(([id, machine]) => [id, withoutImage(machine)])) } : {}),
  };
  if (only.size === 0 && !imaged) return { base, overlay: '' };
  const section: Bundle = {
    applications: only,
    relations: [],
    saas: new Map(),
    informational: new Map(),
    ...(imaged && bundle.machines !== undefined ? { machines: bundle.machines } : {}),
  };
  return { base, overlay: `--- # overlay.yaml\n${toYaml(bundleFields(section))}` };
}

function withoutOverlayOnly({ offers: _offers, exposedEndpoints: _exposed, constraints, ...kept }: Application): Application {
  return present<Application>({ ...kept, constraints: asksForImage(constraints) ? undefined : constraints });
}

function withoutImage(machine: Machine | null): Machine | null {
  if (machine === null || !asksForImage(machine.constraints)) return machine;
  const { constraints: _, ...kept } = machine;
  return kept;
}

function overlayOnly(name: string, application: Application | null): [string, Application][] {
  const { offers, exposedEndpoints, constraints } = application ?? {};
  const only = present<Application>({
    offers: (offers?.size ?? 0) > 0 ? offers : undefined,
    exposedEndpoints: (exposedEndpoints?.size ?? 0) > 0 ? exposedEndpoints : undefined,
    constraints: asksForImage(constraints) ? constraints : undefined,
  });
  return Object.keys(only).length === 0 ? [] : [[name, only]];
}
