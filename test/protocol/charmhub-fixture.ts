/** Answers of Charmhub in the literal shapes of facts/charmhub-juju.md 1.4 and 1.5, for the scripted server. */
import type { TestContext } from 'node:test';
import { type Charmhub, createCharmhub } from '#src/clients/charmhub.js';
import type { CharmWanted } from '#src/domain/releases.js';
import { testHttp } from '../support/http-client.ts';
import { type Rule, type ScriptedServer, type SeenRequest, scriptedServer } from '../support/scripted-server.ts';

export const ID = 'A'.repeat(32);
export const SHA = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
export const DIGEST = { algorithm: 'sha256', hex: SHA } as const;
const JAMMY = { name: 'ubuntu', channel: '22.04' };
export const ETCD: CharmWanted = { name: 'etcd', channel: '1.26/stable', base: JAMMY, arch: 'amd64' };
export const ROW = { name: 'ubuntu', channel: '22.04', architecture: 'amd64' };

export interface Action {
  readonly 'instance-key': string;
  readonly name: string;
  readonly channel?: string;
  readonly revision?: number;
  readonly base: typeof ROW | null;
}

export const CORE = {
  name: 'core',
  type: 'file',
  filename: 'core.snap',
  description: '..',
  revision: 0,
  download: { url: `https://api.charmhub.io/api/v1/resources/download/charm_${ID}.core_0`, size: 0, 'hash-sha-256': SHA, 'hash-sha-384': '..' },
};

export const charmOf = (name: string, revision = 718, more: object = {}): object => ({
  type: 'charm',
  id: ID,
  name,
  revision,
  version: String(revision),
  bases: [ROW, null],
  download: { url: `https://api.charmhub.io/api/v1/charms/download/${ID}_${revision}.charm?token=1`, size: 1, 'hash-sha-256': SHA, 'hash-sha-384': '..' },
  resources: [CORE],
  'metadata-yaml': `name: ${name}\n`,
  'config-yaml': 'options: {}\n',
  ...more,
});

export const success = (action: Action, charm: object, more: object = {}): object => ({
  'instance-key': action['instance-key'],
  result: 'install',
  id: ID,
  name: action.name,
  'effective-channel': action.channel,
  'released-at': '2023-05-01T10:00:00.000000',
  error: null,
  charm,
  ...more,
});

export const refusal = (action: Action, code: string, extra?: object): object => ({
  'instance-key': action['instance-key'],
  result: 'error',
  name: action.name,
  charm: null,
  error: { code, message: `${code}!`, ...(extra !== undefined && { extra }) },
});

export const actionsOf = (request: SeenRequest): Action[] => (JSON.parse(request.body.toString()) as { actions: Action[] }).actions;

export const refreshRule = (answer: (action: Action, index: number) => object, times?: number): Rule => ({
  when: { method: 'POST', path: '/v2/charms/refresh' },
  then: (request) => ({ body: JSON.stringify({ 'error-list': [], results: actionsOf(request).map(answer).toReversed() }) }),
  ...(times !== undefined && { times }),
});

export const infoRule = (name: string, body: object, channel?: string): Rule => ({
  when: {
    method: 'GET',
    path: new RegExp(`^/v2/charms/info/${name}\\?fields=[^&]*${channel === undefined ? '$' : `&channel=${encodeURIComponent(channel)}$`}`),
  },
  then: 'error-list' in body ? { status: 404, body: JSON.stringify(body) } : { body: JSON.stringify(body) },
});

export const CHANNEL_MAP = [
  { channel: { name: '1.26/stable', track: '1.26', risk: 'stable', base: ROW }, revision: { revision: 718 } },
  { channel: { name: 'stable', track: null, risk: 'stable', base: { name: 'all', channel: 'all', architecture: 'all' } } },
  { channel: { name: '1.27/edge', base: null } },
];

export async function start(t: TestContext, rules: readonly Rule[]): Promise<{ server: ScriptedServer; charmhub: Charmhub }> {
  const server = await scriptedServer(t, rules);
  return { server, charmhub: createCharmhub({ http: testHttp(t), baseUrl: server.url }) };
}

export const INFO = {
  type: 'charm',
  id: ID,
  name: 'etcd',
  'default-release': {
    channel: { name: '1.26/stable', base: ROW },
    revision: { ...charmOf('etcd'), 'metadata-yaml': 'name: from-info\n', 'config-yaml': null },
    resources: [CORE],
  },
};
