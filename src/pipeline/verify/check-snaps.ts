/** Every snap of an archive against its assertions, up to a root that is trusted: built in, given, or brought by the archive itself. */
import { checkSnap, provenanceOfYaml } from '../../assertion/check-snap.ts';
import type { Assertion } from '../../assertion/assertion.ts';
import type { ChainOptions } from '../../assertion/check-chain.ts';
import { joinRoots, trustRoots, type TrustRoots } from '../../assertion/trust-roots.ts';
import { attempt, fail, pass } from '../../assertion/check.ts';
import type { ListedArtifact } from './check-manifest.ts';
import type { Findings } from './findings.ts';
import { checkStream } from './stream-checks.ts';
import { tryDecode } from './verify-stream.ts';

export interface SnapTrust extends ChainOptions {
  /** A root that only the archive brings is not enough. */
  readonly strict: boolean;
}

export function checkSnaps(artifacts: readonly ListedArtifact[], findings: Findings, trust: SnapTrust): void {
  const brought = broughtRoots(findings);
  const roots = brought.length === 0 ? trust.roots : joinRoots(trust.roots, ...brought.filter(({ keys }) => !keys.every(({ id }) => isKnown(id, trust.roots))));
  for (const artifact of artifacts.filter(({ kind }) => kind === 'snap')) checkOne(artifact, findings, { ...trust, roots, own: trust.roots });
}

const isKnown = (id: string, { keys }: TrustRoots): boolean => keys.some((root) => root.id === id);

/** snaps/trust/ holds the roots with which the archive was packed. */
function broughtRoots(findings: Findings): TrustRoots[] {
  const paths = [...findings.files.keys()].filter((path) => /^snaps\/trust\/[^/]+\.assert$/.test(path));
  return paths.flatMap((path) => {
    const decoded = tryDecode(path, findings.files.get(path)?.bytes ?? Buffer.alloc(0));
    let roots: TrustRoots | undefined;
    const { ok, detail } =
      'broken' in decoded
        ? fail(decoded.broken.found ?? '')
        : attempt(() => {
            roots = trustRoots(decoded.assertions);
            return pass('');
          });
    if (!ok) findings.blame(path, 'altered', { found: detail });
    return roots ?? [];
  });
}

function checkOne({ path, name, signer, fields }: ListedArtifact, findings: Findings, trust: SnapTrust & { readonly own: TrustRoots }): void {
  const { files, blame, accept, warnings } = findings;
  const stream = streamOf(fields['assert'], findings);
  const file = files.get(path);
  if (stream === undefined || file === undefined) return blame(path, 'untrusted', { found: 'no assertions that could be read' });
  const { checks, chain } = checkStream(stream, [], trust);
  const broken = checks.find(({ status }) => status !== 'ok');
  if (broken !== undefined) {
    const found = `${broken.path}: ${broken.found ?? broken.status}`;
    blame(String(fields['assert']), broken.status === 'altered' ? 'altered' : 'untrusted', { found });
    return blame(path, 'untrusted', { found });
  }
  const yaml = findings.text(`sources/snaps/${name}_${String(fields['revision'])}_${String(fields['arch'])}/snap.yaml`);
  const wanted = { name, id: String(fields['id']), revision: Number(fields['revision']), ...(yaml !== undefined && { provenance: provenanceOfYaml(yaml) }) };
  const failed = checkSnap({ sha3_384: file.digests['sha3-384'] ?? '', size: file.size }, chain, wanted).find(({ ok }) => !ok);
  if (failed !== undefined) return blame(path, 'untrusted', { found: `${failed.what}: ${failed.detail}` });
  const authority = chain.revisions[0]?.authorityId ?? '';
  if (authority !== signer) blame('manifest.json', 'altered', { expected: `signer ${authority} of ${path}`, found: signer });
  const foreign = chain.roots.filter((id) => !isKnown(id, trust.own));
  for (const id of foreign) warnings.add(`root key ${id} of ${authority} in snaps/trust: trusted by this archive only`);
  if (foreign.length > 0 && trust.strict)
    return blame(path, 'untrusted', { found: `its root key ${foreign.join(', ')} is trusted by this archive only`, signer: authority });
  accept(path, authority);
}

function streamOf(path: unknown, { files, blame }: Findings): readonly Assertion[] | undefined {
  const bytes = typeof path === 'string' ? files.get(path)?.bytes : undefined;
  if (typeof path !== 'string' || bytes === undefined) return undefined;
  const decoded = tryDecode(path, bytes);
  if ('assertions' in decoded) return decoded.assertions;
  blame(path, 'altered', { ...(decoded.broken.found !== null && { found: decoded.broken.found }) });
  return undefined;
}
