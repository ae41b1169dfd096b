/** Which Loupe wrote a file: the package's version and, in a checkout, the commit. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { entryPath } from './entry.ts';

let known: string | undefined;

/** "0.1.0+g1f72ad3c09ab", or "0.1.0" outside a checkout. */
export function codeVersion(): string {
  known ??= readVersion(entryPath('root'));
  return known;
}

/** The version of the checkout or installation at `root`. */
export function readVersion(root: string): string {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
  const commit = commitOf(join(root, '.git'));
  return commit === null ? version : `${version}+g${commit.slice(0, 12)}`;
}

/** The commit that HEAD stands for, read without running git; null where there is none. */
function commitOf(git: string): string | null {
  const head = readText(join(git, 'HEAD'));
  if (head === null) return null;
  const branch = /^ref: (\S+)$/.exec(head)?.[1];
  if (branch === undefined) return /^[0-9a-f]{40,64}$/.test(head) ? head : null;
  const loose = readText(join(git, branch));
  if (loose !== null) return loose;
  const packed = readText(join(git, 'packed-refs'))?.split('\n').find((line) => line.endsWith(` ${branch}`));
  return packed?.split(' ')[0] ?? null;
}

function readText(path: string): string | null {
  return existsSync(path) ? readFileSync(path, 'utf8').trim() : null;
}
