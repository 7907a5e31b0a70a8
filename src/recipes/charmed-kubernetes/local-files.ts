/** Local charms and resources of a bundle: found, checked and put into the store under their digests; from here on nothing knows their paths. */
import type { BundleText } from '../../bundle/read.ts';
import type { Bundle } from '../../bundle/bundle.ts';
import { absentLocal, LOCAL_URL, localFiles, placeOfLocal, type LocalFile } from '../../bundle/local-files.ts';
import type { Places } from '../../bundle/places.ts';
import type { Problem } from '../../domain/errors.ts';
import type { Download } from '../../domain/releases.ts';
import type { Upstream } from '../upstream.ts';

export interface KeptFile {
  readonly download: Download;
}

export interface LocalFiles {
  /** By application, or by application and resource. */
  of(application: string, resource?: string): KeptFile | undefined;
  readonly problems: readonly Problem[];
  readonly warnings: readonly string[];
}

const keyOf = (application: string, resource: string | undefined): string => `${application}\t${resource ?? ''}`;

/** `own` are the files of this machine; what came over the network may not name any other. */
export async function keepLocalFiles(bundle: Bundle, base: BundleText, places: Places, own: ReadonlySet<string>, upstream: Upstream): Promise<LocalFiles> {
  const kept = new Map<string, KeptFile>();
  const problems: Problem[] = uploaded(bundle, places);
  const warnings: string[] = [];
  await upstream.all(localFiles(bundle, base.file, places), async (file) => {
    if (!own.has(placeOfLocal(places, file).file ?? '')) {
      problems.push(absentLocal(places, file, 'is a file of this machine, which what comes from the network may not name'));
      return;
    }
    const found = await upstream.localFile(file.path);
    if ('refused' in found) problems.push(absentLocal(places, file, found.refused));
    else kept.set(keyOf(file.application, file.resource), { download: found });
    if (file.outside && file.resource !== undefined) warnings.push(outsideWarning(file));
  });
  return { of: (application, resource) => kept.get(keyOf(application, resource)), problems, warnings };
}

const outsideWarning = ({ application, resource, path }: LocalFile): string =>
  `resource ${resource ?? ''} of application ${application} lies outside the bundle's folder; ${path.split('/').at(-1) ?? ''} goes into the archive`;

/** `local:X` names a charm that a controller has already. */
function uploaded({ applications }: Bundle, places: Places): Problem[] {
  return [...applications].flatMap(([name, spec]) =>
    spec !== null && LOCAL_URL.test(spec.charm ?? '')
      ? [
          {
            ...places.at(['applications', name, 'charm']),
            code: 'local-charm',
            message: `application ${name}: ${spec.charm ?? ''} names a charm of some controller; name its file, ./NAME.charm`,
          },
        ]
      : [],
  );
}
