/** The TensorFlow runtime: its libraries and headers, unpacked from the pinned wheels. */
import { existsSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { folderAtomic, writeAtomic } from './atomic.mjs';
import { DownloadError, obtainWheel } from './download.mjs';
import { withLock } from './lock.mjs';
import { inspectTensorflow, runtimeFileName } from './tensorflow-files.mjs';
import { extractZip } from './unzip.mjs';

/** @typedef {{folder: string, gpu: boolean, libraries: string[], include: string, id: string}} Runtime */

/** An explicit folder: `LOUPE_TENSORFLOW`. @param {string} folder @returns {Runtime} */
export function explicitRuntime(folder) {
  const found = inspectTensorflow(folder);
  if (found === undefined) {
    throw new DownloadError(
      `LOUPE_TENSORFLOW is ${folder}, which has no TensorFlow libraries and headers`,
      'point it at the tensorflow folder of a Python installation, or at an unpacked libtensorflow',
      false,
    );
  }
  return { ...found, gpu: false };
}

/** A runtime that was unpacked before, if its libraries still have their sizes. */
function unpackedRuntime(folder, gpu) {
  try {
    const { sizes } = JSON.parse(readFileSync(join(folder, 'unpacked.json'), 'utf8'));
    const found = inspectTensorflow(folder);
    const whole = Object.entries(sizes).every(([name, size]) => statSync(join(folder, name)).size === size);
    return found !== undefined && whole ? { ...found, gpu } : undefined;
  } catch {
    return undefined;
  }
}

/** The wheels' files below the runtime's folder. The libraries look for NVIDIA's in ../nvidia/<part>/lib. */
function fileName(name) {
  if (name.startsWith('nvidia/')) return /\/include\//.test(name) ? undefined : name;
  return runtimeFileName(name);
}

async function unpack(paths, folder, onProgress) {
  await folderAtomic(folder, async (aside) => {
    const written = [];
    for (const path of paths) written.push(...(await extractZip(path, aside, fileName, { onProgress })));
    const libraries = written.filter((file) => /\.(so[.\d]*|dylib)$/.test(file));
    if (inspectTensorflow(aside) === undefined) throw new Error('the wheel has no TensorFlow libraries where they are expected');
    const sizes = Object.fromEntries(libraries.map((file) => [file.slice(aside.length + 1), statSync(file).size]));
    writeAtomic(join(aside, 'unpacked.json'), JSON.stringify({ sizes }, null, 1));
  });
}

/** Gets the runtime that `resolved` names into the cache.
 * @param {{resolved: import('./resolve.mjs').Resolved, cache: string, python?: string, reporter: ReturnType<import('./progress.mjs').createReporter>,
 *   fetcher?: import('./download.mjs').Fetcher, env?: Record<string, string | undefined>}} options @returns {Promise<Runtime>} */
export async function ensureTensorflow({ resolved, cache, python, reporter, fetcher, env = process.env }) {
  const folder = join(cache, resolved.folder);
  const onWait = ({ pid }) => reporter.line(`Waiting for another set-up (process ${pid}) that fetches the TensorFlow runtime ...`);
  return withLock(join(cache, 'locks', `${resolved.folder}.lock`), async () => {
    const present = unpackedRuntime(folder, resolved.gpu);
    if (present !== undefined) return present;
    reporter.line(`Fetching the TensorFlow runtime (${Math.round(resolved.bytes / 1e6)} MB) ...`);
    const wheels = [];
    for (const pin of resolved.wheels) {
      const onProgress = reporter.bar(`${pin.package} ${pin.version}`);
      wheels.push(await obtainWheel({ pin, cache, python, fetcher, onProgress, env }));
    }
    await unpack(wheels.map((wheel) => wheel.path), folder, reporter.bar('unpacking'));
    for (const { path, supplied } of wheels) if (!supplied) rmSync(path, { force: true });
    const unpacked = unpackedRuntime(folder, resolved.gpu);
    if (unpacked === undefined) throw new Error(`the runtime in ${folder} is not whole after unpacking`);
    return unpacked;
  }, { onWait });
}

/** Whether an NVIDIA driver is installed. @param {(name: string[]) => string | undefined} find */
export function hasNvidiaDriver(find) {
  return existsSync('/proc/driver/nvidia/version') || find(['nvidia-smi']) !== undefined;
}
