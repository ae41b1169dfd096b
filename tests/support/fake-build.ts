/** Builds a catalog out of fakes, in this process: `node fake-build.ts OUT FOLDER`. Tests kill it at random moments. */
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { computeStatistics } from '../../src/engine/interp/statistics.ts';
import type { JobContext } from '../../src/engine/job.ts';
import { Random } from '../../src/engine/random.ts';
import { buildCatalog } from '../../src/main/catalog/build.ts';
import { fakeParts, options } from './fake-statistics.ts';
import type { FakeSizes } from './fake-statistics.ts';

/** Two chunks of features. */
export const buildSizes: FakeSizes = { contexts: 60, contextLength: 64, dIn: 4, dSae: 1100, k: 4, vocab: 300 };

export async function fakeBuild(out: string, folder: string, context: Partial<JobContext> = {}, seed = 0): Promise<Record<string, unknown>> {
  await tf.setBackend('cpu');
  const { dIn, vocab } = buildSizes;
  const unembedding = tf.tensor2d(Random.from(1, 'unembedding').normals(dIn * vocab), [dIn, vocab]);
  const whole: JobContext = { signal: new AbortController().signal, folder, progress: () => {}, metrics: () => {}, log: () => {}, ...context };
  try {
    return await buildCatalog({ store: 'fake', dictionary: 'fake', model: 'fake', out }, whole, async (_config, inner) =>
      ({ ...(await computeStatistics(fakeParts({ ...buildSizes, seed }, unembedding, null), options, inner.folder, inner)) }));
  } finally {
    unembedding.dispose();
  }
}

if (process.argv[1] === import.meta.filename) {
  const [out, folder] = process.argv.slice(2);
  console.log(JSON.stringify(await fakeBuild(out!, folder!)));
}
