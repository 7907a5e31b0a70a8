/** Endpoints of a run; a registry that was declared insecure is asked once whether it speaks TLS, as docker does (facts/oci.md 5.1). */
import { isShrinkwrapError } from '../../domain/errors.ts';
import type { Http } from '../http.ts';
import { readRefusal } from './answer-error.ts';
import { type Endpoint, endpointOf, type EndpointOptions } from './endpoint.ts';

export function createEndpoints(http: Http, options: EndpointOptions & { readonly signal: AbortSignal }): (repository: string) => Promise<Endpoint> {
  const plain = new Map<string, Promise<boolean>>();
  return async (repository) => {
    const secure = endpointOf(repository, options, false);
    // A mirror's address says how it is spoken to.
    if (!secure.trusted || isMirrored(secure, repository, options)) return secure;
    const question = plain.get(secure.base) ?? lacksTls(http, secure.base, options.signal);
    plain.set(secure.base, question);
    return (await question) ? endpointOf(repository, options, true) : secure;
  };
}

const isMirrored = ({ base }: Endpoint, repository: string, options: EndpointOptions): boolean =>
  endpointOf(repository, { ...options, mirrors: new Map() }, false).base !== base;

/** Whatever is answered over TLS proves it; what is not answered is left to plain http, whose failure is then told. */
async function lacksTls(http: Http, base: string, signal: AbortSignal): Promise<boolean> {
  try {
    await readRefusal(await http.send(`${base}/v2/`, { tries: 1, expect: () => true, signal }));
    return false;
  } catch (error) {
    signal.throwIfAborted();
    if (!isShrinkwrapError(error)) throw error;
    return error.code === 'NETWORK_UNREACHABLE';
  }
}
