/** Endpoints of a run; a registry that was declared insecure, or is on this machine, is asked once whether it speaks TLS, as docker does (facts/oci.md 5.1). */
import { isShrinkwrapError, type ShrinkwrapError } from '../../domain/errors.ts';
import type { Http } from '../http.ts';
import { readRefusal } from './answer-error.ts';
import { type Endpoint, endpointOf, type EndpointOptions } from './endpoint.ts';
import { isLoopback } from './is-loopback.ts';

export function createEndpoints(http: Http, options: EndpointOptions & { readonly signal: AbortSignal }): (repository: string) => Promise<Endpoint> {
  const plain = new Map<string, Promise<boolean>>();
  return async (repository) => {
    const secure = endpointOf(repository, options, false);
    const { host } = new URL(secure.base);
    // A mirror's address says how it is spoken to.
    if (!(secure.trusted || isLoopback(host)) || isMirrored(secure, repository, options)) return secure;
    const question = plain.get(secure.base) ?? lacksTls(http, secure, options.signal);
    plain.set(secure.base, question);
    return (await question) ? endpointOf(repository, { ...options, insecureHosts: new Set([...options.insecureHosts, host]) }, true) : secure;
  };
}

const isMirrored = ({ base }: Endpoint, repository: string, options: EndpointOptions): boolean =>
  endpointOf(repository, { ...options, mirrors: new Map() }, false).base !== base;

/**
 * Whatever is answered over TLS proves it. What is not answered by a registry that was declared insecure is left to plain http, whose failure is then told;
 * for the others a bad certificate or a closed port is no reason to go on in clear text.
 */
async function lacksTls(http: Http, { base, trusted }: Endpoint, signal: AbortSignal): Promise<boolean> {
  try {
    await readRefusal(await http.send(`${base}/v2/`, { tries: 1, expect: () => true, signal }));
    return false;
  } catch (error) {
    signal.throwIfAborted();
    if (!isShrinkwrapError(error)) throw error;
    return error.code === 'NETWORK_UNREACHABLE' && (trusted || isNoHandshake(error));
  }
}

const isNoHandshake = ({ facts }: ShrinkwrapError): boolean =>
  'reason' in facts && /^(?:EPROTO|ERR_SSL_(?:WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG))\b/.test(facts.reason);
