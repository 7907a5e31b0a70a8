import type { Part } from './part.ts';
import type { SiteFacts } from './site-facts.ts';

/** Undefined for an archive without lists of packages. */
export function packages({ debs, deb822, pythonPackages }: SiteFacts): Part | undefined {
  const python =
    pythonPackages === 0
      ? 'No Python index is needed: what the charms use travels inside them (`pypi/packages.tsv`).'
      : `Python packages that come from an index: ${pythonPackages}. \`./deploy.sh pypi\` says which and how.`;
  if (!debs) return undefined;
  return {
    title: 'Debian packages',
    text: `    ./deploy.sh apt          # recipe for aptly, or apt-mirror, with what these charms install

A mirror has to hold the packages with all they depend on and recommend, as of one day, and not older than your OS images.
${deb822 ? 'On Ubuntu 24.04 Juju rewrites the sources of a machine from 3.5.6 and 3.6 on only: with an older one let the cloud do it (MAAS: package repositories).\n' : ''}${python}`,
  };
}
