/** Asks a credential helper of docker for one login; what it says is a secret and is shown nowhere (facts/oci.md 2.2). */
import { ShrinkwrapError } from '../../domain/errors.ts';
import { runProcess } from '../process.ts';
import type { Credential } from './token.ts';

export interface HelperQuestion {
  /** `ecr-login` for the program docker-credential-ecr-login. */
  readonly program: string;
  readonly server: string;
  /** The whole environment of the helper: it finds its own files and its desktop by it. */
  readonly env: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

const LIMIT_CHARACTERS = 1024 * 1024;
/** A helper that waits for a person would wait for ever behind a script. */
const TIMEOUT_MS = 60_000;

/** `absent` when the helper knows no login for the server, `missing` when there is no such program. */
export async function askHelper({ program, server, env, signal }: HelperQuestion): Promise<Credential | 'absent' | 'missing'> {
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(program))
    throw new ShrinkwrapError('INPUT_MALFORMED', { what: 'credential helper', text: program, wanted: 'letters, digits, ".", "_" and "-"' });
  const command = `docker-credential-${program}`;
  const out: string[] = [];
  let length = 0;
  const onLine = (line: string, stream: 'stdout' | 'stderr'): void => {
    if (stream === 'stderr' || (length += line.length) > LIMIT_CHARACTERS) return;
    out.push(line);
  };
  const limited = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]);
  try {
    const { exitCode } = await runProcess(command, ['get'], { env, signal: limited, input: `${server}\n`, onLine });
    const text = out.join('\n').trim();
    if (exitCode === 0) return decodeAnswer(command, text);
    if (/^credentials not found/i.test(text)) return 'absent';
    throw failed(command, `exit code ${exitCode ?? 'none'} for ${server}; run \`echo ${server} | ${command} get\` to see why`);
  } catch (error) {
    signal.throwIfAborted();
    if (limited.aborted) throw failed(command, `no answer within ${TIMEOUT_MS / 1000} s`);
    if (error instanceof ShrinkwrapError && error.code === 'LOCAL_TOOL' && 'need' in error.facts && error.facts.need.startsWith('not ')) return 'missing';
    throw error;
  }
}

function decodeAnswer(command: string, text: string): Credential | 'absent' {
  let answer: unknown;
  try {
    answer = JSON.parse(text);
  } catch {
    throw failed(command, 'its answer is no JSON');
  }
  const fields = new Map<string, unknown>(typeof answer === 'object' && answer !== null ? Object.entries(answer) : []);
  const username = fields.get('Username');
  const secret = fields.get('Secret');
  if (typeof username !== 'string' || typeof secret !== 'string') throw failed(command, 'its answer has no Username and Secret');
  if (username === '' && secret === '') return 'absent';
  return username === '<token>' ? { kind: 'identity', token: secret } : { kind: 'password', username, password: secret };
}

/** `need` starts otherwise than that of a program that is not there. */
const failed = (tool: string, reason: string): ShrinkwrapError => new ShrinkwrapError('LOCAL_TOOL', { tool, need: `it failed: ${reason}` });
