/** Images that do not come from the first of their places, because its host cannot be reached. Pure. */
import { groupBy } from '../domain/group-by.ts';

export interface Detour {
  readonly name: string;
  /** Hosts that could not be reached. */
  readonly passedOver: readonly string[];
  /** HOST/PATH that has it. */
  readonly repository: string;
}

/** One sentence for all images that took the same way; where each comes from stands in the plan. */
export function detourWarnings(detours: readonly Detour[]): string[] {
  const taken = detours.filter(({ passedOver }) => passedOver.length > 0);
  const ways = groupBy(taken, ({ passedOver, repository }) => `cannot reach ${passedOver.join(', ')}: \t${hostOf(repository)}`);
  return [...ways].map(([way, group]) => {
    const [reason = '', host = ''] = way.split('\t');
    const names = new Map(group.map(({ name, repository }) => [name, repository]));
    const [[name, repository] = ['', '']] = [...names];
    return names.size === 1 ? `${reason}image ${name} comes from ${repository} instead` : `${reason}${names.size} images come from ${host} instead`;
  });
}

const hostOf = (repository: string): string => repository.slice(0, repository.indexOf('/'));
