/** Placement directives of an application: `to`. */
import { parsePlacement } from './names.ts';
import { quoted, type Subject, tellOf } from './verifying.ts';

export function verifyPlacement(subject: Subject): void {
  const { name, application } = subject;
  const { numUnits = 0, to = [] } = application;
  if (numUnits >= 0 && to.length > numUnits) tellOf(subject, 'placement', ['to'], `too many units specified in unit placement for application ${quoted(name)}`);
  for (const [index, directive] of to.entries()) {
    const complaint = placementComplaint(subject, directive);
    if (complaint !== undefined) tellOf(subject, 'placement', ['to', index], complaint);
  }
}

function placementComplaint({ verifying: { bundle, placed } }: Subject, directive: string): string | undefined {
  const placement = parsePlacement(directive);
  if (placement === undefined) return `invalid placement syntax ${quoted(directive)}`;
  if (placement.kind === 'machine') {
    if (bundle.machines?.has(placement.machine) !== true) return `placement ${quoted(directive)} refers to a machine not defined in this bundle`;
    placed.add(placement.machine);
  }
  if (placement.kind !== 'application') return undefined;
  if (!bundle.applications.has(placement.application)) return `placement ${quoted(directive)} refers to an application not defined in this bundle`;
  const units = bundle.applications.get(placement.application)?.numUnits ?? 0;
  const missing = placement.unit !== undefined && placement.unit >= units;
  return missing ? `placement ${quoted(directive)} specifies a unit greater than the ${units} unit(s) started by the target application` : undefined;
}

/** One node selector: `KEY=VALUE` parted by commas. */
export function verifyKubernetesPlacement(subject: Subject): void {
  const { name, application } = subject;
  const [selector, ...more] = application.to ?? [];
  if (more.length > 0) return tellOf(subject, 'placement', ['to'], `too many placement directives for application ${quoted(name)}`);
  const seen = new Set<string>();
  for (const pair of selector?.split(',') ?? []) {
    const [, key] = /^([^=]+)=(.+)$/s.exec(pair) ?? [];
    const complaint =
      key === undefined ? `expected "key=value", got ${quoted(pair)}` : seen.has(key) ? `key ${quoted(key)} specified more than once` : undefined;
    if (complaint !== undefined) return tellOf(subject, 'placement', ['to'], `${complaint} for application ${quoted(name)}`);
    seen.add(key ?? '');
  }
}
