/** What the site has to have and this archive does not bring (facts/offline-deploy.md 6, facts/errata.md 1, 2, 11). */
import { parseBase, seriesOfBase } from '../../domain/base.ts';
import type { Part } from './part.ts';
import type { SiteFacts } from './site-facts.ts';

export function checklist(facts: SiteFacts): Part {
  const { plan } = facts;
  const images = facts.count('image');
  const bases = plan.bases.map(({ base, arch }) => `${base} for ${arch}`).join(', ');
  const items = [
    images > 0 && `**A registry** for ${images} container images${facts.registryImage === undefined ? '' : ', or a machine with Docker to run one on'}.`,
    facts.snapChannels.size > 0 && '**A snap store**, which every machine of the cluster reaches.',
    facts.debs &&
      `**An APT mirror** with the packages of \`apt/packages.tsv\` and those that Juju itself installs first, \`curl cpu-checker tmux ubuntu-fan\`:
      a machine that does not get them does not come up.`,
    `**OS images** in your cloud: ${bases}.
      On LXD \`lxc image import META ROOTFS --alias NAME\` with the alias ${aliases(facts)}.`,
    `**Juju** ${facts.jujuMinimum} or a later one before 4, with a controller. A bootstrap without internet needs agent binaries
      with their stream metadata (\`--metadata-source DIR\`), from 3.0 on the juju-controller charm (\`--controller-charm-path\`), and the snap
      juju-db from channel 4.4.30/stable (\`--db-snap\`). Since 2.9.52 and 3.4 it stops where it cannot reach the agents; before, it took the client's own.`,
    '**DNS**: the names of registry, mirror and store resolve on every machine.',
    '**Time**: a server that every machine asks. Certificates and snap assertions fail on a clock that is behind.',
    '**Certificates**: a registry or store with a CA of its own has to be trusted by the machines; REGISTRY_CA takes care of the registry.',
    'Livepatch and updates of the OS later on are up to the site; nothing here needs them.',
  ].filter((item) => item !== false);
  return {
    title: 'What the site must have',
    text: `This archive does not bring them.\n\n${items.map((item) => `- [ ] ${item.replaceAll(/\n\s*/g, '\n      ')}`).join('\n')}`,
  };
}

/** Under which names Juju looks for an image of LXD: 2.9 by series, later ones by base. */
function aliases({ plan, jujuMinimum }: SiteFacts): string {
  const names = plan.bases.flatMap(({ base, arch }) => {
    const { name = 'ubuntu', channel = base } = parseBase(base) ?? {};
    const series = jujuMinimum === '2.9' ? seriesOfBase({ name, channel }) : undefined;
    return [`juju/${name}@${channel}/${arch}`, ...(series === undefined ? [] : [`juju/${series}/${arch} (Juju 2.9)`])];
  });
  return names.join(', ');
}
