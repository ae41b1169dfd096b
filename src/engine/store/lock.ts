/** One writer a store, a build, a training: a lock file that names its process, and is taken over when that process is gone. */
import { closeSync, openSync, readFileSync, rmSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { LoupeError } from '../../shared/errors.ts';
import { writeAll } from '../files/atomic.ts';

const lockName = 'writer.lock';

interface Owner {
  readonly pid: number;
  readonly host: string;
}

function ownerOf(path: string): Owner | null {
  try {
    const { pid, host } = JSON.parse(readFileSync(path, 'utf8')) as Partial<Owner>;
    return Number.isInteger(pid) && typeof host === 'string' ? { pid: pid!, host } : null;
  } catch {
    return null;
  }
}

/** Signal 0 reaches every live process; EPERM means that it lives and is somebody else's. */
function isAlive({ pid, host }: Owner): boolean {
  if (host !== hostname()) return true;
  if (pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

const heldHere = new Set<string>();

/** Takes the store in `folder` for writing; the result gives it back. Kind locked names the process that holds it. */
export function lockStore(folder: string): () => void {
  return lockFile(join(folder, lockName), folder);
}

/** Takes `what` for this process by the lock file `path`; the result gives it back. Kind locked names the process that holds it. */
export function lockFile(path: string, what: string): () => void {
  const owner = ownerOf(path);
  if (heldHere.has(path) || (owner !== null && isAlive(owner))) {
    throw new LoupeError('locked', `${what} is being written by process ${owner?.pid ?? process.pid}. Wait for it, or end it and remove ${path}.`);
  }
  rmSync(path, { force: true });
  let fd: number;
  try {
    fd = openSync(path, 'wx');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw cause;
    throw new LoupeError('locked', `${what} was just taken by another process. Wait for it.`, undefined, { cause });
  }
  writeAll(fd, Buffer.from(JSON.stringify({ pid: process.pid, host: hostname() } satisfies Owner)));
  closeSync(fd);
  heldHere.add(path);
  return () => {
    if (heldHere.delete(path)) rmSync(path, { force: true });
  };
}
