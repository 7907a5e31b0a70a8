import type { Part } from './part.ts';

export const model = (): Part => ({
  title: 'Controller and model',
  text: `    export APT_MIRROR_URL=http://mirror.example/ubuntu SNAP_STORE_URL=http://store.example
    ./deploy.sh model-config

writes three files with these settings, since the machines need them before anything else and some cannot be changed later:

    juju bootstrap CLOUD NAME --model-default ./bootstrap-defaults.yaml …
    juju add-model MODEL --config ./add-model.yaml
    ./deploy.sh model-config --apply                # for a model that is there already

All of them set \`enable-os-upgrade: false\`, which a partial mirror needs. Proxies of the site go in SITE_HTTP_PROXY, SITE_HTTPS_PROXY and
SITE_NO_PROXY, a Charmhub of the site in CHARMHUB_URL; with REGISTRY_CA the machines trust that authority.`,
});
