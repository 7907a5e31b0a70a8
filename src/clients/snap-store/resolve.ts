/** Channels -> releases: one POST for each architecture, since the architecture is a header (facts/snap-store.md 1.2, 1.3). */
import { isSnapName } from '../../assertion/names.ts';
import type { Arch } from '../../domain/arch.ts';
import { ShrinkwrapError } from '../../domain/errors.ts';
import type { SnapRelease, SnapWanted } from '../../domain/releases.ts';
import { parseJson, sendForBytes } from '../read-body.ts';
import { redactUrl } from '../redact-url.ts';
import { answerFailure, describeErrors } from './answer-failure.ts';
import { decodeRelease } from './decode-release.ts';
import { type JsonReader, jsonReader } from '../json-reader.ts';
import { instanceKey, refreshRequest } from './refresh-request.ts';
import { authorization, deviceHeaders, joinSignals, type StoreSession } from './session.ts';

/** Descriptions and snap.yaml of some dozens of snaps. */
const ANSWER_LIMIT = 16 * 1024 * 1024;

export async function resolveSnaps(session: StoreSession, wanted: readonly SnapWanted[]): Promise<SnapRelease[]> {
  wanted.forEach(checkWanted);
  const releases = new Map<SnapWanted, SnapRelease>();
  for (const arch of new Set(wanted.map((one) => one.arch))) {
    const group = wanted.filter((one) => one.arch === arch);
    const found = await resolveForArch(session, arch, group);
    group.forEach((one, index) => {
      const release = found[index];
      if (release !== undefined) releases.set(one, release);
    });
  }
  return wanted.flatMap((one) => releases.get(one) ?? []);
}

async function resolveForArch(session: StoreSession, arch: Arch, wanted: readonly SnapWanted[]): Promise<SnapRelease[]> {
  const request = {
    method: 'POST',
    headers: { ...deviceHeaders(arch, session), ...authorization(session) },
    body: refreshRequest(wanted),
    ...joinSignals(session, undefined),
  } as const;
  const { response, bytes } = await sendForBytes(session.http, session.addresses.endpoint('v2/snaps/refresh'), request, ANSWER_LIMIT);
  if (response.status !== 200) throw answerFailure(response, bytes);
  const url = redactUrl(response.url);
  const results = jsonReader(parseJson(url, bytes), url).at('results');
  const byKey = new Map(results.list().map((result): [string, JsonReader] => [result.at('instance-key').text(), result]));
  return wanted.map((one, index) => {
    const result = byKey.get(instanceKey(index));
    if (result !== undefined) return decodeRelease(result, one, session.addresses);
    const errors = describeErrors(bytes);
    throw new ShrinkwrapError('UPSTREAM_ANSWER', { url, path: 'results', wanted: `one for ${one.name}`, found: errors === '' ? 'none' : errors });
  });
}

/** The name becomes part of file names and of later addresses. */
function checkWanted({ name, revision }: SnapWanted): void {
  const refuse = (text: string, form: string): never => {
    throw new ShrinkwrapError('INPUT_MALFORMED', { what: 'snap', text, wanted: form });
  };
  if (!isSnapName(name)) refuse(name, 'a name of 2 to 40 lower-case letters, digits and single dashes');
  if (revision !== undefined && (!Number.isSafeInteger(revision) || revision < 1)) refuse(`${name} revision ${revision}`, 'a revision from 1 on');
}
