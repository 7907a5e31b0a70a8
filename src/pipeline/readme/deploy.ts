import type { Part } from './part.ts';
import type { SiteFacts } from './site-facts.ts';

export function deploy({ plan, jujuMinimum, trust }: SiteFacts): Part {
  const [arch = 'amd64', ...others] = plan.request.archs;
  const constraint =
    others.length > 0
      ? `The archive serves ${plan.request.archs.join(' and ')}: the model is one of ${arch}, with JUJU_ARCH=${others.join(' or ')} of that, with its bundle and its constraint.\n`
      : arch === 'amd64'
        ? ''
        : `Before it, \`juju set-model-constraints arch=${arch}\` is run: subordinate charms take no constraint of their own.\n`;
  return {
    title: 'Deploy',
    text: `    export JUJU_MODEL=MODEL
    ./deploy.sh check
    ./deploy.sh deploy       # writes overlays/registry.yaml and prints the juju line
    ./deploy.sh deploy --yes # runs it

Needs Juju ${jujuMinimum} or a later one before 4.${trust ? ' The line has --trust, for some applications manage the cloud.' : ''}
\`overlays/registry.yaml\` says to each charm where the images are and is the last overlay of the line. With a login in it only you can read it; Juju shows
it to whoever administers the model.
${constraint}To run it again is safe: Juju changes what differs. \`./deploy.sh all --yes\` does check, images, model-config and deploy in one go; deploy.log has what was done.`,
  };
}
