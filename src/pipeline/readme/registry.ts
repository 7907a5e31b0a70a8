import { formatBytes } from '../../domain/format-bytes.ts';
import type { Part } from './part.ts';
import type { SiteFacts } from './site-facts.ts';

/** Undefined for an archive without images. */
export function registry(facts: SiteFacts): Part | undefined {
  const { plan, count } = facts;
  if (count('image') === 0) return undefined;
  const baked = plan.request.registry;
  const address = baked?.replace(/^https?:\/\//, '') ?? 'registry.example:5000';
  return {
    title: 'Fill the registry',
    text: `${baked === undefined ? '' : `\`bundle.yaml\` names the registry ${address} already: the images go there.\n\n`}    export DOCKER_REGISTRY=${address}
    ./deploy.sh images
    ./deploy.sh verify       # compares every digest

${count('image')} images (${formatBytes(plan.totals.kinds['image']?.bytes ?? 0)}) go below \`cdk/\` with curl alone, under the digests that they have upstream. After an interruption the same
command goes on with what is missing. Settings: REGISTRY_CA=FILE for a private CA, REGISTRY_USER and REGISTRY_PASS for a login (or what \`docker login\`
left), REGISTRY_PREFIX=PROJECT/cdk for a registry that wants a project first, as Harbor does. Plain http is found out.
${facts.registryImage === undefined ? '' : ownRegistry(facts.registryImage)}`,
  };
}

/** Two ways to a registry of one's own (facts/offline-deploy.md 7.3 to 7.5). */
const ownRegistry = (image: string): string => `
**No registry yet?** Its image is in this archive. On a machine with Docker (the package docker.io), with this archive beside it:

    ./deploy.sh images --load --only library/registry
    sudo docker run -d -p 5000:5000 --restart=always -v /srv/registry:/var/lib/registry ${image}

With the docker-registry charm, whose own archive is packed from \`bundles/sample/docker-registry/bundle.yaml\`: make controller and model first (see below), then
deploy that archive. Its install hook fails until the image is on the machine, for it cannot pull it:

    ./deploy.sh images --save-docker ~/registry-image --only library/registry
    juju scp -- -r ~/registry-image docker-registry/0:
    juju ssh docker-registry/0 bash registry-image/load.sh
    juju resolve docker-registry/0
    ./deploy.sh images --save-docker ~/all-images         # prints how all the others get there

If it has no certificate, do not relate it to containerd, which would expect https: \`./deploy.sh render\` says http where it is http.
`;
