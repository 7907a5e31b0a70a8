import type { Part } from './part.ts';
import type { SiteFacts } from './site-facts.ts';

/** Undefined for an archive without snaps. */
export function snaps({ snapChannels, snapResources }: SiteFacts): Part | undefined {
  if (snapChannels.size === 0) return undefined;
  const rows = [...snapChannels].map(([channel, names]) => `| ${channel} | ${names.join(', ')} |`);
  const all = [...snapChannels.values()].flat();
  const named = all.includes('kubectl') ? 'kubectl' : (all[0] ?? '');
  return {
    title: 'Fill the snap store',
    text: `${
      snapResources
        ? 'The charms of this release take a snap from their resource or, where that is empty as in this archive, from the store by name and channel.'
        : 'The Kubernetes charms of this release ask the store for each snap by name and channel, and stay blocked until it has exactly this:'
    }

| channel | snaps |
|---|---|
${rows.join('\n')}

An Enterprise Store (Snap Store Proxy) in air-gap mode takes only what its vendor's exporter wrote; the .snap and .assert files of this archive cannot be
pushed into it.

    ./deploy.sh snaps --push                        # prints the \`store-admin export snaps\` lines, to be run with internet
    STORE_EXPORTS=DIR ./deploy.sh snaps --push      # on the store's machine, with the files that they made

Afterwards \`snap info ${named}\` on a machine of the site lists the channel. Where there is no such store, \`shrinkwrap serve DIR\` with the unpacked archive answers
what snapd asks; SNAPD_API_URL=http://HOST:PORT/ for \`model-config\` points the snapd of every machine at it. Canonical does not support that; the
signatures are checked all the same.

The files themselves serve single machines, such as your own: \`./deploy.sh snaps --install\` acknowledges and installs them in the right order and leaves
alone what is installed. They do not serve Juju units, whose charms ask a store.`,
  };
}
