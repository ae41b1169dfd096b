/** The native build as a part of set-up. */
import * as os from 'node:os';
import { join } from 'node:path';
import { withLock } from './lock.mjs';
import { buildNative } from './native-build.mjs';

// availableParallelism came with Node 18.14
const processors = os.availableParallelism?.() ?? os.cpus().length;

/** Builds what changed.
 * @param {{compiler: string, root: string, cache: string, runtime: import('./tensorflow.mjs').Runtime,
 *   reporter: ReturnType<import('./progress.mjs').createReporter>}} options */
export async function ensureNative({ compiler, root, cache, runtime, reporter }) {
  const onWait = ({ pid }) => reporter.line(`Waiting for another set-up (process ${pid}) that builds the native addon ...`);
  return withLock(join(cache, 'locks', 'native.lock'), async () => {
    const jobs = Math.max(1, Math.min(processors, 8));
    const log = (line) => reporter.line(`  ${line}`);
    return buildNative({ compiler, root, cache, tensorflow: runtime, jobs, log });
  }, { onWait });
}
