/** A plan as the CLI prints it, with what tests ask of it. */
import assert from 'node:assert/strict';
import { parse } from 'yaml';
import type { Plan } from '#src/domain/plan.js';
import { runCli, type Ran } from './run-cli.ts';

export interface ReadPlan {
  readonly plan: Plan;
  readonly ran: Ran;
  /** Names of one kind, sorted. */
  names(kind: string): string[];
  text(path: string): string;
  /** bundle.yaml as Juju would read it. */
  readonly applications: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

export async function planOf(args: readonly string[], cwd: string): Promise<ReadPlan> {
  const ran = await runCli(['plan', ...args, '--json'], { cwd });
  assert.equal(ran.code, 0, ran.stderr);
  const plan = JSON.parse(ran.stdout) as Plan;
  const text = (path: string): string => {
    const file = plan.files.find((each) => each.path === path);
    assert.ok(file !== undefined, `the plan has no ${path}`);
    return file.text;
  };
  const bundle = parse(text('bundle.yaml'), { version: '1.1', merge: true }) as { applications: ReadPlan['applications'] };
  return {
    plan,
    ran,
    text,
    names: (kind) => [...new Set(plan.artifacts.filter((artifact) => artifact.kind === kind).map(({ name }) => name))].toSorted(),
    applications: bundle.applications,
  };
}

/** Problems of a plan that is refused: `CODE message`. */
export async function problemsOf(args: readonly string[], cwd: string): Promise<{ code: number; problems: string[] }> {
  const ran = await runCli(['plan', ...args, '--json'], { cwd });
  const { error } = JSON.parse(ran.stdout) as { error: { problems: { code: string; message: string; line?: number }[] } };
  return { code: ran.code, problems: error.problems.map(({ code, message }) => `${code} ${message}`) };
}
