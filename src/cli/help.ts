/** --help, made of the option table. Pure. */
import { EXIT_CODES } from './exit-code.ts';
import { OPTION_NAMES, optionOf, type Option } from './options.ts';

const WIDTH = 80;
const INDENT = 30;

const GROUPS: readonly Option['group'][] = ['what', 'where from', 'where to', 'how', 'output'];

export function helpText(): string {
  return `shrinkwrap packs everything an air-gapped Kubernetes installation needs into
one dated tar.gz that deploys itself on the far side.

Usage
  shrinkwrap <system> [options]       pack; same as: shrinkwrap pack <system>
  shrinkwrap images --from-list FILE  pack the images of any list
  shrinkwrap plan <system> [options]  what would be fetched: table, or --json
  shrinkwrap verify PATH [options]    every byte and signature of an archive, or
                                      of FILE.assert [--snap FILE.snap]
  shrinkwrap bundle FILE [options]    merge and verify a bundle as Juju 3.6 does
  shrinkwrap why NAME PLAN|PATH       why this image, snap, charm, deb is there
  shrinkwrap serve DIR... [options]   speak unpacked archives as the upstreams
  shrinkwrap mirror PATH|LIST REGISTRY[/PATH]
                                      push the images of an archive, or copy
                                      those of a list (- for stdin)
  shrinkwrap rehearse PATH            cut the network, run the archive's own
                                      deploy.sh against an empty registry

  <system>: charmed-kubernetes, any bundle name on Charmhub, ./bundle.yaml,
  or images

Examples
  shrinkwrap charmed-kubernetes --channel 1.26/stable
  shrinkwrap charmed-kubernetes -c 1.26/stable --overlay canal --overlay aws
  shrinkwrap plan charmed-kubernetes -c 1.26/stable --json > plan.json

${GROUPS.map(groupText).join('\n')}
Environment
  SHRINKWRAP_CHANNEL and so on for every option; HTTPS_PROXY, HTTP_PROXY,
  NO_PROXY, SOURCE_DATE_EPOCH, XDG_CACHE_HOME, NO_COLOR. The keys of
  shrinkwrap.yaml in the working directory are the option names; flags win
  over the environment, and that over the file.

Exit codes
${EXIT_CODES.map(([code, meaning]) => `  ${String(code).padStart(3)}  ${meaning}`).join('\n')}
`;
}

function groupText(group: Option['group']): string {
  const title = { what: 'What', 'where from': 'Where from', 'where to': 'Where to', how: 'How', output: 'Output' }[group];
  const rows = OPTION_NAMES.filter((name) => optionOf(name).group === group).map((name) => {
    const { short, value, negatable, help } = optionOf(name);
    const flag = `  ${short === undefined ? '    ' : `-${short}, `}--${negatable === true ? '[no-]' : ''}${name}${value === undefined ? '' : ` ${value}`}`;
    const lines = wrap(help, WIDTH - INDENT);
    const rest = lines.slice(1).map((line) => ' '.repeat(INDENT) + line);
    return flag.length < INDENT
      ? [flag.padEnd(INDENT) + (lines[0] ?? ''), ...rest].join('\n')
      : [flag, ...lines.map((line) => ' '.repeat(INDENT) + line)].join('\n');
  });
  return `${title}\n${rows.join('\n')}\n`;
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const line = lines.at(-1);
    if (line === undefined || line.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = `${line} ${word}`;
  }
  return lines;
}
