/** A plan from its file: the lock. */
import { ShrinkwrapError } from '../domain/errors.ts';
import { PLAN_FORMAT, type Plan } from '../domain/plan.ts';
import { readInput } from './read-input.ts';
import { planProblems } from './plan-problems.ts';

/** Everything that later stages rely on is checked: the file may come from anywhere. */
export async function readPlan(path: string): Promise<Plan> {
  const text = (await readInput(path)).toString('utf8');
  const refuse = (message: string): never => {
    throw new ShrinkwrapError('INPUT_INVALID', { what: 'plan', problems: [{ file: path, code: 'plan', message }] });
  };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return refuse(error instanceof Error ? error.message : String(error));
  }
  const problems = planProblems(value, path);
  if (problems.length > 0) throw new ShrinkwrapError('INPUT_INVALID', { what: `plan (wanted ${PLAN_FORMAT})`, problems });
  return value as Plan;
}
