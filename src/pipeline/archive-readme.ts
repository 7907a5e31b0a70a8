/** README.md of an archive: the procedure for a bundle, or what there is to do with images alone. */
import type { Plan } from '../domain/plan.ts';

/** `archiveFile` is its name, without folders. */
export async function archiveReadme(plan: Plan, archiveFile: string): Promise<string> {
  const hasBundle = plan.files.some(({ path }) => path === 'bundle.yaml');
  if (hasBundle) return (await import('./operator-readme.ts')).operatorReadme(plan, archiveFile);
  return (await import('./images-readme.ts')).imagesReadme(plan, archiveFile);
}
