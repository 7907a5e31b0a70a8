/** verify: the templates of cdk-addons are the true list of add-on images (facts/offline-deploy.md 1.7); a plan may not read snaps, so it is compared here. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { withDir } from 'tmp-promise';
import { runProcess } from '../clients/process.ts';
import type { ImageArtifact, SnapArtifact } from '../domain/artifact.ts';
import { isShrinkwrapError, ShrinkwrapError, type Problem } from '../domain/errors.ts';
import type { Report } from '../domain/events.ts';
import type { Plan } from '../domain/plan.ts';
import type { Store } from '../store/store.ts';

export interface AddonOptions {
  readonly store: Store;
  readonly allowIncomplete: boolean;
  /** PATH of this machine. */
  readonly toolPath: string;
  readonly report: Report;
  readonly signal: AbortSignal;
}

const SNAP = 'cdk-addons';
const TOOL = 'unsquashfs';
/** What the build of the snap calls architectures. */
const ARCH_WORDS: Readonly<Record<string, string>> = { ppc64el: 'ppc64le' };

/** Images that a packed cdk-addons would deploy and the archive lacks are an error; without the tool to look, a note. */
export async function verifyAddons(plan: Plan, options: AddonOptions): Promise<void> {
  if (plan.request.skip.includes('containers')) return;
  const images = plan.artifacts.filter((artifact): artifact is ImageArtifact => artifact.kind === 'image');
  const problems: Problem[] = [];
  for (const snap of plan.artifacts.filter((artifact): artifact is SnapArtifact => artifact.kind === 'snap' && artifact.name === SNAP)) {
    const wanted = await templateImages(snap, options);
    if (wanted === undefined) continue;
    const packed = new Set(images.filter(({ arch }) => arch === snap.arch).flatMap(({ targets }) => targets));
    for (const image of wanted.filter((each) => !packed.has(each)))
      problems.push({
        file: snap.path,
        code: 'addon-image',
        message: `snap ${SNAP} r${snap.revision} deploys ${image}, which is not among the images for ${snap.arch}`,
      });
  }
  if (problems.length === 0) return;
  if (!options.allowIncomplete) throw new ShrinkwrapError('INPUT_INVALID', { what: 'images (--allow-incomplete-images packs without them)', problems });
  for (const { message } of problems) options.report({ type: 'warning', code: 'addon-image', message });
}

/** PATH:TAG of every image in the templates; undefined when they cannot be read. */
async function templateImages(snap: SnapArtifact, { store, toolPath, report, signal }: AddonOptions): Promise<string[] | undefined> {
  const note = (message: string): void => report({ type: 'note', message });
  const [digest] = snap.digests;
  const file = digest === undefined ? undefined : await store.find(digest, snap.size);
  if (file === undefined) return undefined;
  return withDir(
    async ({ path }) => {
      const out = join(path, 'snap');
      try {
        const { exitCode } = await runProcess(TOOL, ['-no-progress', '-no-xattrs', '-d', out, file, 'templates'], {
          env: { PATH: toolPath, LC_ALL: 'C' },
          signal,
        });
        const texts = exitCode === 0 ? await textsBelow(join(out, 'templates')) : [];
        if (texts.length > 0) return [...new Set(texts.flatMap((text) => addonImages(text, snap.arch)))].toSorted();
        note(`the add-on images of snap ${SNAP} were not compared: ${TOOL} found no templates in it`);
      } catch (error) {
        if (!isShrinkwrapError(error) || error.code !== 'LOCAL_TOOL') throw error;
        note(`the add-on images of snap ${SNAP} were not compared: there is no ${TOOL} on this machine (package squashfs-tools)`);
      }
      return undefined;
    },
    { prefix: 'shrinkwrap-', unsafeCleanup: true },
  );
}

async function textsBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  return Promise.all(entries.filter((entry) => entry.isFile()).map((entry) => readFile(join(entry.parentPath, entry.name), 'utf8')));
}

/** `image: {{ registry|default('…') }}/PATH:TAG`, with the architecture filled in as on the machine. */
export function addonImages(text: string, arch: string): string[] {
  const filled = text.replaceAll(/\{\{\s*arch\s*\}\}/g, ARCH_WORDS[arch] ?? arch).replaceAll(/\{\{\s*multiarch_workaround\s*\}\}/g, '');
  return [...filled.matchAll(/\bimage["']?:[ \t]*["']?\{\{[^}\n]*registry[^}\n]*\}\}\/([^\s"'{}]+:[\w][\w.-]*)/g)].map(([, image = '']) => image);
}
