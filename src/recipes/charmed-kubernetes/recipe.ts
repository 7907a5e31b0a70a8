/** Any Juju bundle, with what is known of Charmed Kubernetes in the catalogue. */
import type { Recipe } from '../recipe.ts';

export const charmedKubernetes: Recipe = {
  id: 'charmed-kubernetes',
  summary: 'Charmed Kubernetes, or any Juju bundle: a name on Charmhub or ./bundle.yaml',
  catalogues: ['images.json', 'charmed-kubernetes.yaml'],
  accepts: () => true,
  takes: [
    'channel',
    'archs',
    'base',
    'overlays',
    'skip',
    'registry',
    'withRegistry',
    'imageSources',
    'allowIncompleteImages',
    'gpu',
    'mapCharmstore',
    'correctOverlays',
    'reviewedOnly',
    'snaps',
    'snapChannels',
  ],
  // With all that reads bundles and charms, which other systems do without.
  plan: async (...wanted) => (await import('./plan-bundle.ts')).planBundle(...wanted),
};
