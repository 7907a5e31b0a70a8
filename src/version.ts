/** Name and version of the tool, as package.json has it. */
import { readFileSync } from 'node:fs';

const { version }: { version: string } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string };

export const VERSION = version;
export const TOOL = `shrinkwrap ${version}`;
