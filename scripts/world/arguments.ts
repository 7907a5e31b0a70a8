/** argv of the world builder → what it is asked for; a mistake is a sentence. */
import { parseArgs } from 'node:util';
import { type Arch, isArch } from '#src/domain/arch.js';
import { formatChannel, parseChannel } from '#src/domain/channel.js';

export interface WorldRequest {
  readonly bundle: string;
  readonly overlays?: string;
  readonly imageLists?: string;
  /** Full. */
  readonly channel: string;
  readonly archs: readonly Arch[];
  readonly out: string;
  /** Folder with keys of an earlier world. */
  readonly trust?: string;
  /** Keep the private keys beside the world. */
  readonly keys: boolean;
  readonly name?: string;
  /** A file like charms.yaml that is laid over it. */
  readonly charms?: string;
}

export const USAGE =
  'usage: world --bundle FILE [--overlays DIR] [--image-lists DIR] --channel CHANNEL [--arch ARCH]... --out DIR [--name NAME] [--charms FILE] [--keys] [--trust DIR]';

export class UsageError extends Error {}

const OPTIONS = {
  bundle: { type: 'string' },
  overlays: { type: 'string' },
  'image-lists': { type: 'string' },
  channel: { type: 'string' },
  arch: { type: 'string', multiple: true },
  out: { type: 'string' },
  name: { type: 'string' },
  charms: { type: 'string' },
  trust: { type: 'string' },
  keys: { type: 'boolean' },
} as const;

export function readArguments(argv: readonly string[]): WorldRequest {
  const values = parse(argv);
  const { overlays, 'image-lists': imageLists, trust, name, charms } = values;
  const archs = [...new Set((values.arch ?? ['amd64']).flatMap((text) => text.split(',')).map(readArch))];
  return {
    bundle: needed(values.bundle, 'bundle'),
    channel: readChannel(needed(values.channel, 'channel')),
    out: needed(values.out, 'out').replace(/(?<=.)\/+$/, ''),
    archs,
    keys: values.keys === true,
    ...(overlays !== undefined && { overlays }),
    ...(imageLists !== undefined && { imageLists }),
    ...(trust !== undefined && { trust }),
    ...(name !== undefined && { name }),
    ...(charms !== undefined && { charms }),
  };
}

function parse(argv: readonly string[]): ReturnType<typeof parseArgs<{ options: typeof OPTIONS }>>['values'] {
  try {
    return parseArgs({ args: [...argv], options: OPTIONS, strict: true, allowPositionals: false }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function needed(value: string | undefined, name: string): string {
  if (value === undefined || value === '') throw new UsageError(`--${name} is missing`);
  return value;
}

function readArch(text: string): Arch {
  if (!isArch(text)) throw new UsageError(`--arch ${text} is no Debian name of an architecture`);
  return text;
}

function readChannel(text: string): string {
  try {
    return formatChannel(parseChannel(text));
  } catch {
    throw new UsageError(`--channel ${text} is no channel`);
  }
}
