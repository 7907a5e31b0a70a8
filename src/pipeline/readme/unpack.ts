import { topDirectory } from '../../domain/archive-name.ts';
import type { Part } from './part.ts';
import type { SiteFacts } from './site-facts.ts';

export const unpack = ({ plan, size }: SiteFacts, archiveFile: string): Part => ({
  title: 'Unpack and check',
  text: `On a machine that reaches the site's registry and the Juju controller, below your home directory (the juju snap reads nothing else), where ${size} are free:

    tar -xf ${archiveFile}
    cd ${topDirectory(plan.archive)}
    ./deploy.sh              # what is in here and what to do; changes nothing
    ./deploy.sh check        # every reason to fail, before anything is changed

\`check\` compares each file with SHA256SUMS and names what does not belong, such as an older archive underneath. With the settings of the parts below in
its environment it asks registry, snap store and Juju as well: run it again whenever one of them is new. \`./deploy.sh help\` lists all commands,
settings and exit codes; \`--dry-run\` with any command prints what it would do.`,
});
