/** A catalog of a small dictionary whose features fire with both signs, made by the real pass from seeded numbers. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { computeStatistics } from '../../src/engine/interp/statistics.ts';
import { Random } from '../../src/engine/random.ts';
import type { Dictionary } from '../../src/engine/sae/dictionary.ts';
import { ingestStatistics } from '../../src/main/catalog/build.ts';
import { createCatalog } from '../../src/main/catalog/client.ts';
import { fakeParts, options } from './fake-statistics.ts';

/** Feature 5 never fires, 7 only above 0, 9 only below; the rest both ways, a third of the time below. */
const sizes = { contexts: 60, contextLength: 96, dIn: 8, dSae: 24, k: 3, vocab: 50 };

function withSigns(dictionary: Dictionary): Dictionary {
  return {
    ...dictionary,
    encode: (x, rows) => {
      const codes = dictionary.encode(x, rows);
      codes.indices.forEach((feature, slot) => {
        const below = feature === 9 || (feature !== 7 && (feature + slot) % 3 === 0);
        if (below) codes.values[slot]! *= -1;
      });
      return codes;
    },
  };
}

export async function signedCatalog(path: string): Promise<void> {
  await tf.setBackend('cpu');
  const folder = mkdtempSync(join(tmpdir(), 'loupe-signed-'));
  try {
    const parts = fakeParts(sizes, tf.tensor2d(Random.from(1, 'unembedding').normals(sizes.dIn * sizes.vocab), [sizes.dIn, sizes.vocab]), null, [5]);
    const context = { signal: new AbortController().signal, progress: () => {}, log: () => {} };
    await createCatalog(path);
    await computeStatistics({ ...parts, dictionary: withSigns(parts.dictionary) }, options, folder, context);
    await ingestStatistics(path, folder, context);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
