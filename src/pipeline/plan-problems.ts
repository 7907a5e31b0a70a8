/** What is wrong with a plan document: shapes, digests, paths. Pure. */
import { pathProblems } from '../assemble/entry.ts';
import { isArch } from '../domain/arch.ts';
import { ARTIFACT_KINDS } from '../domain/artifact.ts';
import { isDigestAlgorithm } from '../domain/digest.ts';
import type { Problem } from '../domain/errors.ts';
import { PLAN_FORMAT } from '../domain/plan.ts';

type Fields = Readonly<Record<string, unknown>>;

const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value);
const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';
const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && Number(value) >= 0;

export function planProblems(value: unknown, file: string): Problem[] {
  const problems: Problem[] = [];
  const say = (message: string): void => void problems.push({ file, code: 'plan', message });
  if (!isFields(value)) return [{ file, code: 'plan', message: 'not an object' }];
  if (value['format'] !== PLAN_FORMAT) say(`format: wanted ${PLAN_FORMAT}, found ${JSON.stringify(value['format'])}`);
  const { archive, request, artifacts, files } = value;
  if (!isFields(archive) || !isText(archive['name']) || !isText(archive['track']) || !isText(archive['risk'])) say('archive: wanted name, track and risk');
  if (!isFields(request) || !Array.isArray(request['archs']) || !request['archs'].every((arch) => isText(arch) && isArch(arch)))
    say('request.archs: wanted architectures');
  if (isFields(request) && ![undefined, 'layout'].includes(request['imageFormat'] as string | undefined)) say('request.imageFormat: wanted layout, or none');
  if (!Array.isArray(value['bases']) || !Array.isArray(value['warnings']) || !isFields(value['totals'])) say('wanted bases, warnings and totals');
  if (!Array.isArray(artifacts) || !Array.isArray(files)) return [...problems, { file, code: 'plan', message: 'wanted the lists artifacts and files' }];
  artifacts.forEach((artifact: unknown, index) => artifactMessages(artifact).forEach((message) => say(`artifacts[${index}].${message}`)));
  files.forEach((each: unknown, index) => {
    if (!isFields(each) || !isText(each['path']) || typeof each['text'] !== 'string') say(`files[${index}]: wanted path and text`);
  });
  const paths = [...artifacts, ...files].filter(isFields).flatMap(({ path }) => (isText(path) ? [path] : []));
  return [...problems, ...pathProblems(paths).map(({ file: path, message }) => ({ file, code: 'plan', message: `${path ?? ''} ${message}` }))];
}

function artifactMessages(artifact: unknown): string[] {
  if (!isFields(artifact)) return ['not an object'];
  const { kind, size, digests, reasons } = artifact;
  const messages: string[] = [];
  if (!isText(kind) || !Object.hasOwn(ARTIFACT_KINDS, kind)) messages.push(`kind: ${JSON.stringify(kind)} is unknown`);
  for (const field of ['name', 'version', 'path', 'source']) if (!isText(artifact[field])) messages.push(`${field}: wanted text`);
  if (!isCount(size)) messages.push('size: wanted bytes');
  if (!Array.isArray(digests) || digests.length === 0 || !digests.every(isDigest)) messages.push('digests: wanted a list of {algorithm, hex}');
  if (!Array.isArray(reasons) || reasons.length === 0) messages.push('reasons: wanted at least one');
  if (kind === 'resource' && artifact['derived'] !== undefined && !isDerived(artifact['derived']))
    messages.push('derived: wanted a text or an image with its reference');
  if (kind === 'snap' && !isText(artifact['assertPath'])) messages.push('assertPath: wanted text');
  if (kind === 'image' && !isImage(artifact)) messages.push('wanted manifest, config, layers, platform, repository and targets');
  return messages;
}

const isDerived = (value: unknown): boolean =>
  isFields(value) &&
  (value['from'] === 'text' ? typeof value['text'] === 'string' : value['from'] === 'image' && isText(value['image']) && isText(value['reference']));

const isDigest = (value: unknown): boolean =>
  isFields(value) && isText(value['algorithm']) && isDigestAlgorithm(value['algorithm']) && isText(value['hex']) && /^[0-9a-f]{64,128}$/.test(value['hex']);

const isDescriptor = (value: unknown): boolean => isFields(value) && isText(value['mediaType']) && isDigest(value['digest']) && isCount(value['size']);

const isChild = (value: unknown): boolean =>
  isFields(value) && isDescriptor(value['manifest']) && isDescriptor(value['config']) && Array.isArray(value['layers']) && value['layers'].every(isDescriptor);

const isWhole = (value: unknown): boolean =>
  isFields(value) && isDescriptor(value['index']) && Array.isArray(value['children']) && value['children'].every(isChild);

const isImage = ({ manifest, config, layers, whole, platform, repository, targets }: Fields): boolean =>
  isChild({ manifest, config, layers }) &&
  (whole === undefined || isWhole(whole)) &&
  isFields(platform) &&
  isText(repository) &&
  Array.isArray(targets) &&
  targets.every(isText);
