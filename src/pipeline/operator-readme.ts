/** README.md of an archive with a bundle: the procedure for exactly this archive, in plain words. Pure. */
import type { Plan } from '../domain/plan.ts';
import { checklist } from './readme/checklist.ts';
import { deploy } from './readme/deploy.ts';
import { model } from './readme/model.ts';
import { packages } from './readme/packages.ts';
import { registry } from './readme/registry.ts';
import { siteFacts } from './readme/site-facts.ts';
import { snaps } from './readme/snaps.ts';
import { unpack } from './readme/unpack.ts';
import { watch } from './readme/watch.ts';

export function operatorReadme(plan: Plan, archiveFile: string): string {
  const { archive, request, bases, warnings } = plan;
  const facts = siteFacts(plan);
  const parts = [unpack(facts, archiveFile), checklist(facts), registry(facts), snaps(facts), packages(facts), model(), deploy(facts), watch()];
  const numbered = parts.filter((part) => part !== undefined).map(({ title, text }, index) => `## ${index + 1}. ${title}\n\n${text.trimEnd()}\n`);
  return `# ${archive.name} ${archive.track}/${archive.risk}, ready to deploy without a network

| what | how much |
|---|---|
| charms | ${facts.count('charm')} |
| resources | ${facts.count('resource')} |
| snaps | ${facts.count('snap')} |
| container images | ${facts.count('image')} |
| bytes to carry, unpacked | ${facts.size} |
| bases | ${bases.map(({ base, arch }) => `${base} ${arch}`).join(', ')} |
| overlays | ${request.overlays.join(', ') || 'none'} |
| Juju | ${facts.jujuMinimum} or later, before 4 |

${numbered.join('\n')}
## What is in it

\`manifest.json\` lists every artifact with its source, digests, signer and the reasons why it is here; \`sources/\` holds the upstream answers it was made of.
\`bundle.yaml\` is the merged and patched bundle; \`bundle.orig.yaml\` and \`overlays/\` are what it was made from, for reading. Lists lag behind charms now and then:
where a pod asks for an image that is not here, its name belongs in a report to whoever packed this archive.
${warnings.length === 0 ? '' : `\n## Warnings when it was packed\n\n${warnings.map((warning) => `- ${warning}`).join('\n')}\n`}`;
}
