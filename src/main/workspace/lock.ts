/**
 * One process owns a workspace: `.lock` says which, on which loopback port it answers, and the token for asking it.
 *
 * The file is readable by its user alone. A lock whose process is gone is taken over.
 */
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, rmdirSync, statSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { asideName } from '../../engine/files/atomic.ts';
import { LoupeError } from '../../shared/errors.ts';

const ownerSchema = z.object({
  pid: z.number().int().positive(),
  host: z.string(),
  /** When the process began, as the system tells it: a process id is used again. Null where the system does not tell. */
  born: z.string().nullable(),
  startedAt: z.string(),
  port: z.number().int().min(1).max(65535).nullable(),
  token: z.string(),
});

export type Owner = z.infer<typeof ownerSchema>;

export interface WorkspaceLock {
  readonly token: string;
  /** Says on which port the owner answers. */
  readonly publish: (port: number) => void;
  readonly release: () => void;
}

export const lockPath = (workspace: string): string => join(workspace, '.lock');

/** The start time of a process in clock ticks since boot (Linux), else null. */
export function bornAt(pid: number): string | null {
  try {
    const status = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The second field is the program's name in parentheses and may hold anything; the start time is the 20th after it.
    return status.slice(status.lastIndexOf(')') + 2).split(' ')[19] ?? null;
  } catch {
    return null;
  }
}

function isAlive(owner: Owner): boolean {
  if (owner.host !== hostname()) return true;
  try {
    process.kill(owner.pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
  }
  const born = bornAt(owner.pid);
  return owner.born === null || born === null || born === owner.born;
}

function readText(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

function parseOwner(text: string): Owner | null {
  try {
    return ownerSchema.parse(JSON.parse(text));
  } catch {
    return null;
  }
}

/** The living owner of a workspace, or null. A lock that cannot be read as one counts as left behind. */
export function readOwner(workspace: string): Owner | null {
  const text = readText(lockPath(workspace));
  const owner = text === null ? null : parseOwner(text);
  return owner !== null && isAlive(owner) ? owner : null;
}

/** Puts the lock there whole or not at all: it is written aside and linked into place. False when there is one already. */
function tryCreate(path: string, owner: Owner): boolean {
  const aside = asideName(path);
  writeFileSync(aside, JSON.stringify(owner), { flag: 'wx', mode: 0o600 });
  try {
    linkSync(aside, path);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return false;
    if (code === 'EPERM' || code === 'ENOTSUP' || code === 'ENOSYS') return createWithoutLinks(path, owner);
    throw error;
  } finally {
    rmSync(aside, { force: true });
  }
}

/** For file systems that know no hard links. */
function createWithoutLinks(path: string, owner: Owner): boolean {
  try {
    writeFileSync(path, JSON.stringify(owner), { flag: 'wx', mode: 0o600 });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** Removes a lock that is still the text that was found stale. A folder beside it keeps two takers apart. */
function removeStale(path: string, text: string): void {
  const guard = `${path}.takeover`;
  try {
    mkdirSync(guard);
  } catch {
    // Whoever made it is at work, or died at it more than ten seconds ago.
    const made = statSync(guard, { throwIfNoEntry: false })?.mtimeMs;
    if (made !== undefined && Date.now() - made > 10_000) rmdirSync(guard);
    return;
  }
  try {
    if (readText(path) === text) rmSync(path, { force: true });
  } finally {
    rmdirSync(guard);
  }
}

function heldBy(workspace: string, owner: Owner): LoupeError {
  const where = owner.host === hostname() ? '' : ` on ${owner.host}`;
  return new LoupeError(
    'locked', `the workspace ${workspace} is in use by process ${owner.pid}${where}, since ${owner.startedAt}: close it there, or give another --workspace`,
  );
}

/** Takes the workspace. Kind locked, naming the process, when another holds it. */
export function lockWorkspace(workspace: string, token: string): WorkspaceLock {
  const path = lockPath(workspace);
  const owner: Owner = { pid: process.pid, host: hostname(), born: bornAt(process.pid), startedAt: new Date().toISOString(), port: null, token };
  for (let attempt = 0; !tryCreate(path, owner); attempt++) {
    const text = readText(path);
    const found = text === null ? null : parseOwner(text);
    if (found !== null && isAlive(found)) throw heldBy(workspace, found);
    if (attempt > 200) throw new LoupeError('locked', `the lock ${path} was left behind and cannot be removed: delete it`);
    if (text !== null) removeStale(path, text);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
  }
  const mine = (): boolean => parseOwner(readText(path) ?? '')?.token === token;
  return {
    token,
    publish: (port) => {
      const aside = asideName(path);
      writeFileSync(aside, JSON.stringify({ ...owner, port }), { flag: 'wx', mode: 0o600 });
      renameSync(aside, path);
    },
    release: () => {
      if (mine()) rmSync(path, { force: true });
    },
  };
}
