/** README.md of an archive that holds images alone: what to do with it, in plain words. Pure. */
import type { Plan } from '../domain/plan.ts';
import { topDirectory } from '../domain/archive-name.ts';
import { formatBytes } from '../domain/format-bytes.ts';
import { isImageConfig } from '../domain/image-config-type.ts';

export function imagesReadme(plan: Plan, archiveFile: string): string {
  const { archive, request, totals, artifacts } = plan;
  const count = `${totals.kinds['image']?.count ?? 0}`;
  const others = artifacts.filter((artifact) => artifact.kind === 'image' && !isImageConfig(artifact.config.mediaType)).map(({ name }) => name);
  return `# ${count} container images, ready to push without a network

| what | how much |
|---|---|
| container images | ${count} |
| bytes to carry, unpacked | ${formatBytes(totals.bytes)} |
| architectures | ${request.archs.join(', ')} |
| lists | ${request.lists?.join(', ') ?? 'none'} |

## Procedure

1. Unpack on a machine that reaches the site's registry:

       tar -xf ${archiveFile}
       cd ${topDirectory(archive)}
       ./deploy.sh            # prints what is in this archive, changes nothing

2. \`./deploy.sh check\` tells everything that would stop you: sums, files that do not belong, tools, space, registry.

3. \`DOCKER_REGISTRY=registry.example:5000 ./deploy.sh images\` pushes the images below \`cdk/\` with curl alone; digests stay as they were upstream. Another path
   goes in REGISTRY_PREFIX, a private CA in REGISTRY_CA, a login in REGISTRY_USER and REGISTRY_PASS. Running it again costs only questions.

4. \`DOCKER_REGISTRY=registry.example:5000 ./deploy.sh verify\` compares the registry with this archive.

Where the site has no registry, \`./deploy.sh images --load\` puts the images into docker on this machine (\`--with podman\` into podman) and \`--containerd\` into containerd.
A machine with shrinkwrap pushes them without unpacking: \`shrinkwrap mirror ${archiveFile} registry.example:5000/PATH\`.
${others.length === 0 ? '' : `\n## No images\n\nRegistries take these as they are, engines do not load them:\n\n${others.map((name) => `- ${name}`).join('\n')}\n`}
## What is in it

\`containers/images.tsv\` has a row for each image: its name, its file, its digest, and the paths that it gets in the registry. \`manifest.json\` says where each came from
and which line of which list wanted it; the lists are in \`sources/lists/\`.
${plan.warnings.length === 0 ? '' : `\n## Warnings when it was packed\n\n${plan.warnings.map((warning) => `- ${warning}`).join('\n')}\n`}`;
}
