/** Times the building of an ITDA dictionary on superposition data whose tokens never repeat. */
import * as tf from '@tensorflow/tfjs-core';
import { loadBackend } from '../../backend/load.ts';
import { threadCount } from '../../backend/native-binding.ts';
import { breathe } from '../../job.ts';
import { Random } from '../../random.ts';
import { synDirections, synSamples } from '../synthetic/syn.ts';
import { ItdaBuilder } from './builder.ts';

export interface ItdaBenchSettings {
  readonly tokens: number;
  readonly d: number;
  /** Most atoms. */
  readonly dSae: number;
  /** Atoms in a code. */
  readonly k: number;
  readonly tau: number;
  readonly batch: number;
  /** True directions, and how many of them a token sums. */
  readonly features: number;
  readonly active: number;
  readonly seed: number;
}

/** Builds it; figures as `loupe bench itda --json` prints them. Making the data is not timed. */
export async function benchItda(settings: ItdaBenchSettings, log: (line: string) => void): Promise<Record<string, unknown>> {
  const { backend } = await loadBackend();
  const { tokens, d, dSae, k, tau, batch, features, active, seed } = settings;
  const task = { n0: features, d, s: active };
  const directions = synDirections(task, seed);
  const builder = new ItdaBuilder(d, dSae, { steps: k, tau, absolute: false, method: 'plain', initial: Math.min(d, 512, dSae), duplicateCosine: 0.999 });
  let [ms, used, refused] = [0, 0, 0];
  for (let first = 0; first < tokens; first += batch) {
    await breathe();
    const rows = Math.min(batch, tokens - first);
    const x = tf.tensor2d(synSamples(task, directions, rows, Random.from(seed, `tokens ${first}`)), [rows, d]);
    const origins = Int32Array.from({ length: rows * 2 }, (_, at) => (at % 2 === 0 ? (first + (at >> 1)) >> 7 : (first + (at >> 1)) & 127));
    const begin = performance.now();
    const report = builder.add(x, origins);
    ms += performance.now() - begin;
    x.dispose();
    used += report.active;
    refused += report.refused;
    if ((first / batch) % 16 === 0) log(`${first + rows} tokens: ${builder.dictionary.count} atoms, ${((first + rows) / ms).toFixed(1)} k tokens/s`);
  }
  return {
    backend, threads: threadCount(), tokens, d, cap: dSae, k, tau, batch, features, active, atoms: builder.dictionary.count, refused,
    mean_steps: Number((used / tokens).toFixed(2)), seconds: Number((ms / 1000).toFixed(1)), tokens_per_s: Math.round(tokens / (ms / 1000)),
    peak_rss_mb: Math.round(process.resourceUsage().maxRSS / 1024),
  };
}
