/** Which undici is installed, for --version. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

export function undiciVersion(): string {
  const path = createRequire(import.meta.url).resolve('undici/package.json');
  const { version }: { version: string } = JSON.parse(readFileSync(path, 'utf8')) as { version: string };
  return version;
}
