/**
 * One lock file per artefact, so that two set-ups at once do the work once. The file holds the owner's process id and
 * host; a lock whose owner no longer lives on this host is taken over.
 */
import { randomUUID } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** A lock from another host (a shared home folder) cannot be probed: it is stale after this. */
const foreignLifetimeMs = 2 * 60 * 60 * 1000;

/** Whether a process exists on this host. */
export function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

function readOwner(path) {
  try {
    const owner = JSON.parse(readFileSync(path, 'utf8'));
    return { ...owner, ageMs: Date.now() - statSync(path).mtimeMs };
  } catch {
    return undefined;
  }
}

function isStale(owner) {
  if (owner.host !== hostname()) return owner.ageMs > foreignLifetimeMs;
  return !Number.isInteger(owner.pid) || !isAlive(owner.pid);
}

/** Creates the lock with its content in one step (link of a finished file), or says that it exists. */
function tryCreate(path) {
  const aside = `${path}.${process.pid}.${randomUUID()}`;
  writeFileSync(aside, JSON.stringify({ pid: process.pid, host: hostname() }));
  try {
    linkSync(aside, path);
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(aside, { force: true });
  }
}

/** Moves a stale lock away. Two that try: the rename succeeds for one; if what it moved was meanwhile a fresh lock,
 * it is put back. */
function takeAway(path, stale) {
  const aside = `${path}.${process.pid}.stale`;
  try {
    renameSync(path, aside);
  } catch {
    return;
  }
  const moved = readOwner(aside);
  if (moved && (moved.pid !== stale.pid || moved.host !== stale.host)) {
    try {
      linkSync(aside, path);
    } catch {
      // somebody holds it again already
    }
  }
  rmSync(aside, { force: true });
}

/** Runs `work` while holding the lock; waits while a living process holds it.
 * @template T @param {string} path @param {() => Promise<T>} work
 * @param {{onWait?: (owner: {pid: number}) => void, pollMs?: number}} [options] @returns {Promise<T>} */
export async function withLock(path, work, { onWait, pollMs = 200 } = {}) {
  mkdirSync(dirname(path), { recursive: true });
  let told = false;
  while (!tryCreate(path)) {
    const owner = readOwner(path);
    if (owner && isStale(owner)) takeAway(path, owner);
    else {
      if (!told && owner) onWait?.(owner);
      told = true;
      await sleep(pollMs);
    }
  }
  try {
    return await work();
  } finally {
    rmSync(path, { force: true });
  }
}
