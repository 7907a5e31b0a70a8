import type { Part } from './part.ts';

export const watch = (): Part => ({
  title: 'Watch',
  text: `    juju status --watch 5s
    ./deploy.sh verify       # digests in the registry, and what Juju says of every application

| what you see | where to look |
|---|---|
| a machine stays pending | cloud-init's log on it: an OS image, or a package that the mirror lacks |
| "Not all snaps are available on channel" | the snap store: \`./deploy.sh check\` names what it lacks |
| "Invalid custom_registries" | \`./deploy.sh render\` once more, rather than an edited overlay |
| ImagePullBackOff | the name in the event against \`containers/images.tsv\` |
| the action cis-benchmark fails | it downloads from GitHub: give it \`release\` and \`config\` with addresses of the site |`,
});
