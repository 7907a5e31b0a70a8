/** What the registry answers after the push, for every name that the plan wants there. */
import { createHttp } from '../../clients/create-http.ts';
import type { Http } from '../../clients/http.ts';
import type { Descriptor } from '../../domain/artifact.ts';
import { formatDigest } from '../../domain/digest.ts';
import type { Plan } from '../../domain/plan.ts';
import { siteIndexes } from '../../domain/site-index.ts';
import { ok, type Check } from './check.ts';

export async function registryChecks(plan: Plan, registry: string, tool: string, signal: AbortSignal): Promise<Check[]> {
  const http = createHttp({ userAgent: tool.replace(' ', '/'), retries: 2, signal });
  try {
    const checks: Check[] = [];
    for (const { repository, reference, expected } of answersOf(plan)) checks.push(await checkAnswer(http, `${registry}/v2`, repository, reference, expected));
    return checks;
  } finally {
    await http.close();
  }
}

interface Expected {
  /** Path below the registry. */
  readonly repository: string;
  /** Tag or digest. */
  readonly reference: string;
  readonly expected: Descriptor;
}

/** Each tag once: its index with every child by digest, else its manifest. */
function answersOf({ artifacts }: Plan): Expected[] {
  const images = artifacts.filter((artifact) => artifact.kind === 'image');
  const indexes = siteIndexes(images);
  const indexed = new Set(indexes.flatMap(({ targets }) => targets));
  const place = (target: string): { repository: string; reference: string } => {
    const colon = target.lastIndexOf(':');
    return { repository: `cdk/${target.slice(0, colon)}`, reference: target.slice(colon + 1) };
  };
  const plain = images.flatMap(({ targets, manifest }) =>
    targets.filter((target) => !indexed.has(target)).map((target) => ({ ...place(target), expected: manifest })),
  );
  const whole = indexes.flatMap(({ index, children, targets }) =>
    targets
      .map(place)
      .flatMap(({ repository, reference }) => [
        ...children.map(({ manifest }) => ({ repository, reference: formatDigest(manifest.digest), expected: manifest })),
        { repository, reference, expected: index },
      ]),
  );
  return [...plain, ...whole];
}

async function checkAnswer(http: Http, base: string, repository: string, reference: string, { mediaType, digest }: Descriptor): Promise<Check> {
  const { status, headers, body } = await http.send(`${base}/${repository}/manifests/${reference}`, { method: 'HEAD', headers: { accept: mediaType } });
  body.destroy();
  const expected = formatDigest(digest);
  const found = status === 200 ? (headers['docker-content-digest'] ?? 'no digest') : `status ${status}`;
  const path = `registry ${repository}${reference.includes(':') ? '@' : ':'}${reference}`;
  return found === expected ? ok(path) : { path, status: status === 404 ? 'missing' : 'altered', expected, found };
}
