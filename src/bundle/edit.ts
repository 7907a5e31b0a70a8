/** The edits that turn a merged bundle into one that deploys from the archive (facts/charmhub-juju.md 3.8). */
import type { Application, Bundle, Value } from './bundle.ts';

export interface AppEdit {
  /** Path of the local charm; its channel and revision go, for Juju refuses a local charm that names a channel. */
  readonly charm: string;
  /** Becomes exactly this; empty leaves the key out. */
  readonly resources: Readonly<Record<string, string>>;
  readonly series?: string;
  readonly base?: string;
  /** Set or replaced one by one. */
  readonly options?: Readonly<Record<string, string | number | boolean>>;
}

export function editBundle(merged: Bundle, edits: ReadonlyMap<string, AppEdit>): Bundle {
  const unknown = [...edits.keys()].find((name) => (merged.applications.get(name) ?? null) === null);
  if (unknown !== undefined) throw new Error(`an edit names application ${JSON.stringify(unknown)}, which the bundle has not`);
  const applications = new Map(
    [...merged.applications].map(([name, application]) => {
      const edit = edits.get(name);
      return [name, application === null || edit === undefined ? application : editApplication(application, edit)];
    }),
  );
  return { ...merged, applications };
}

function editApplication(application: Application, edit: AppEdit): Application {
  const { channel: _channel, revision: _revision, ...kept } = application;
  const set = Object.entries(edit.options ?? {});
  return {
    ...kept,
    charm: edit.charm,
    resources: new Map<string, Value>(Object.entries(edit.resources)),
    ...(edit.series === undefined ? {} : { series: edit.series }),
    ...(edit.base === undefined ? {} : { base: edit.base }),
    ...(set.length === 0 ? {} : { options: new Map<string, Value>([...(application.options ?? []), ...set]) }),
  };
}
