/** The record of a finished set-up: what it depended on, what it installed, what it could not. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { writeAtomic } from './atomic.mjs';
import { stampPath } from './paths.mjs';

/** After this a part that failed for a passing reason (no network) is tried again. */
const retryAfterMs = 60 * 60 * 1000;

/** @typedef {{part: string, reason: string, cure: string, passing?: boolean}} Missing */

function filesBelow(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? filesBelow(path) : [path];
  });
}

/** All that a set-up depends on, as one hash of paths, sizes and times: 60 stats, no reading.
 * @param {string} root @param {unknown} choices */
export function fingerprint(root, choices) {
  const files = [
    join(root, 'package-lock.json'),
    join(root, 'resources', 'runtime-pins.json'),
    ...filesBelow(join(root, 'native')),
    ...filesBelow(join(root, 'scripts', 'setup')),
  ];
  const facts = files.map((path) => {
    const stat = existsSync(path) ? statSync(path) : { size: -1, mtimeMs: 0 };
    return [path, stat.size, stat.mtimeMs];
  });
  return createHash('sha256').update(JSON.stringify([choices, process.platform, process.arch, facts])).digest('hex');
}

/** Sizes of the files whose absence or truncation means work to do. */
export function measure(paths) {
  return Object.fromEntries(paths.map((path) => [path, existsSync(path) ? statSync(path).size : -1]));
}

/** The stamp of an earlier set-up if nothing has to be done.
 * @param {string} cache @param {string} root @param {string} print @param {number} [now] */
export function currentStamp(cache, root, print, now = Date.now()) {
  let stamp;
  try {
    stamp = JSON.parse(readFileSync(stampPath(cache, root), 'utf8'));
  } catch {
    return undefined;
  }
  if (stamp.fingerprint !== print) return undefined;
  const sizes = measure(Object.keys(stamp.files));
  if (Object.entries(stamp.files).some(([path, size]) => sizes[path] !== size)) return undefined;
  if (!existsSync(join(root, 'node_modules', '.loupe-lock'))) return undefined;
  const retry = stamp.missing.some((missing) => missing.passing) && now - stamp.time > retryAfterMs;
  return retry ? undefined : stamp;
}

/** @param {string} cache @param {string} root
 * @param {{fingerprint: string, artefacts: Record<string, unknown>, files: Record<string, number>, missing: Missing[]}} record */
export function writeStamp(cache, root, record) {
  writeAtomic(stampPath(cache, root), JSON.stringify({ version: 1, time: Date.now(), root, ...record }, null, 1));
}
