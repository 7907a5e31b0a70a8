/** README.md of an archive: the procedure for exactly this archive, in plain words. Pure. */
import type { Plan } from '../domain/plan.ts';
import { topDirectory } from '../domain/archive-name.ts';
import { formatBytes } from '../domain/format-bytes.ts';
import { imagesReadme } from './images-readme.ts';

export function operatorReadme(plan: Plan, archiveFile: string): string {
  if (!plan.files.some(({ path }) => path === 'bundle.yaml')) return imagesReadme(plan, archiveFile);
  const { archive, request, totals, bases } = plan;
  const count = (kind: string): string => `${totals.kinds[kind]?.count ?? 0}`;
  const storeNeeded = plan.files.some(({ path, text }) => path === 'kit/data/archive.tsv' && /^juju_min\t3\.1$/m.test(text));
  return `# ${archive.name} ${archive.track}/${archive.risk}, ready to deploy without a network

| what | how much |
|---|---|
| charms | ${count('charm')} |
| resources | ${count('resource')} |
| snaps | ${count('snap')} |
| container images | ${count('image')} |
| bytes to carry, unpacked | ${formatBytes(totals.bytes)} |
| bases | ${bases.map(({ base, arch }) => `${base} ${arch}`).join(', ')} |
| overlays | ${request.overlays.join(', ') || 'none'} |

## Procedure

1. Unpack below your home directory (the juju snap reads nothing else), on a machine that reaches the site's registry and the Juju controller:

       tar -xf ${archiveFile}
       cd ${topDirectory(archive)}
       ./deploy.sh            # prints the plan of this archive, changes nothing

2. \`./deploy.sh check\` tells everything that would stop you: sums, files that do not belong, tools, registry, Juju version.

3. Images: \`DOCKER_REGISTRY=registry.example:5000 ./deploy.sh images\` pushes ${count('image')} images below \`cdk/\` with curl alone; digests stay as they were upstream.
   A private CA goes in REGISTRY_CA, a login in REGISTRY_USER and REGISTRY_PASS. Running it again costs only questions.

4. Snaps: ${storeNeeded ? 'the Kubernetes charms of this release ask a snap store for their channel and install nothing else; fill an Enterprise Store (Snap Store Proxy) with the snaps of `snaps/snaps.tsv` on exactly those channels, and point the model at it.' : 'charms fall back to the snap store when a snap resource is empty, as those of this archive are; fill an Enterprise Store (Snap Store Proxy) with the snaps of `snaps/snaps.tsv` on exactly those channels, and point the model at it.'}
   \`./deploy.sh snaps --push\` prints the \`store-admin export snaps\` lines with these names, channels and architectures; with the files that they make it pushes
   them (STORE_EXPORTS=DIR). The store takes nothing else: the .snap and .assert files of this archive cannot be pushed into it.
   The model learns of the store before its first machine: \`juju model-config snap-store-proxy-url=http://store.example\` (and \`--model-default\` at bootstrap).
   Where there is no such store, \`shrinkwrap serve DIR\` answers what snapd asks: SNAPD_API_URL=http://HOST:PORT/ for deploy.sh points the snapd of every machine
   at it. Canonical does not support that; the signatures are checked all the same.

   The files themselves serve single machines: the operator's own, and nodes of Canonical Kubernetes installed by hand. There \`./deploy.sh snaps --install\`
   acknowledges each assertion and installs in the order of the table, with \`--classic\` where the snap asks for it; what is installed already is left alone.
   Acknowledged files do not serve Juju units: the charms ask a store by name and channel, and find nothing.

5. Debian packages: \`apt/packages.tsv\` names what the charms install and from where; an APT mirror of the site must have them with what they depend on. Set it with the
   model key \`apt-mirror\` before machines are made, and \`enable-os-upgrade=false\`.

6. Python: \`pypi/packages.tsv\`; rows with origin \`charm\` travel inside the charms, only rows with origin \`pypi\` would need an index.

7. \`DOCKER_REGISTRY=registry.example:5000 ./deploy.sh deploy\` writes overlays/registry.yaml and prints the juju line; \`--yes\` runs it.

8. \`DOCKER_REGISTRY=registry.example:5000 ./deploy.sh verify\` compares the registry with this archive.

## What this archive does not bring

A Juju controller and its agents, OS images for the cloud, a snap store, an APT mirror, DNS, time and certificates of the site.

## What is in it

\`manifest.json\` lists every artifact with its source, digests, signer and the reasons why it is here; \`sources/\` holds the upstream answers it was made of;
\`bundle.yaml\` is the merged and patched bundle, \`bundle.orig.yaml\` and \`overlays/\` are what it was made from, for reading.
${plan.warnings.length === 0 ? '' : `\n## Warnings when it was packed\n\n${plan.warnings.map((warning) => `- ${warning}`).join('\n')}\n`}`;
}
