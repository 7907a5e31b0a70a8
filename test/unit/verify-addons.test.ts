/** The templates of cdk-addons against the plan. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Event } from '#src/domain/events.js';
import { digest } from '#src/domain/digest.js';
import type { Plan } from '#src/domain/plan.js';
import { addonImages, verifyAddons } from '#src/pipeline/verify-addons.js';
import type { Store } from '#src/store/store.js';

test('reads the images behind the registry that the machine fills in, for its architecture', () =>
  assert.deepEqual(
    addonImages(
      `image: {{ registry|default('registry.k8s.io') }}/coredns/coredns:1.9.4
      - image: "{{ registry | default('k8s.gcr.io') }}/addon-resizer-{{ arch }}:1.8.9"
        image: {{ registry }}/provider-os/k8s-keystone-auth{{ multiarch_workaround }}:v1.25.3
        imagePullPolicy: {{ registry }}/no:1
`,
      'ppc64el',
    ),
    ['coredns/coredns:1.9.4', 'addon-resizer-ppc64le:1.8.9', 'provider-os/k8s-keystone-auth:v1.25.3'],
  ));

test('a machine without unsquashfs is told that nothing was compared', async () => {
  const plan = {
    request: { skip: [] },
    artifacts: [{ kind: 'snap', name: 'cdk-addons', revision: 1, arch: 'amd64', size: 1, digests: [digest('sha256', 'a'.repeat(64))], path: 'snaps/x.snap' }],
  } as unknown as Plan;
  const store = { find: () => Promise.resolve('/dev/null') } as unknown as Store;
  const told: Event[] = [];
  await verifyAddons(plan, { store, allowIncomplete: false, toolPath: '/nonexistent', report: (event) => told.push(event), signal: AbortSignal.timeout(5000) });
  assert.match(told.map((event) => ('message' in event ? event.message : '')).join(), /not compared: there is no unsquashfs on this machine/);
});
