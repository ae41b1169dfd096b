/** Timing a forward pass to a hook, as a harvest does it: tokens in, the hook's values out. */
import * as tf from '@tensorflow/tfjs-core';
import { loadBackend } from '../backend/load.ts';
import { loadModel } from './load.ts';

export interface BenchForward {
  readonly model: string;
  readonly hook: string;
  readonly batch: number;
  readonly context: number;
  readonly passes: number;
}

const megabyte = 1024 * 1024;

/** Blocks needed for a hook: those of "blocks.9.x" are 10; for hooks elsewhere all. */
function layersFor(hook: string): number | undefined {
  const layer = /^blocks\.(\d+)\./u.exec(hook);
  return layer === null ? undefined : Number(layer[1]) + 1;
}

/** The median; of an even number of values the upper one of the two. */
export function middle(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1]!;
}

/** Median of `passes` passes after one to warm up. Times are in ms, memory in MiB; kinds as `loadModel` and `run`. */
export async function benchForward({ model: path, hook, batch, context, passes }: BenchForward): Promise<Record<string, unknown>> {
  const { backend, threads } = await loadBackend();
  const started = performance.now();
  const layers = layersFor(hook);
  const model = await loadModel(path, layers === undefined ? {} : { layers });
  const loadMs = performance.now() - started;
  // A fixed spread over the vocabulary, the same that the peer gets.
  const tokens = Int32Array.from({ length: batch * context }, (_, i) => (i * 7919) % model.config.vocab);
  const times: number[] = [];
  const cpu: number[] = [];
  let norm = 0;
  for (let pass = 0; pass <= passes; pass++) {
    const begun = performance.now();
    const used = process.cpuUsage();
    const { cache } = model.run(tokens, batch, context, { names: [hook], logits: false });
    const value = cache.get(hook)!;
    const data = value.dataSync<'float32'>();
    if (pass > 0) {
      times.push(performance.now() - begun);
      const { user, system } = process.cpuUsage(used);
      cpu.push((user + system) / 1000);
    }
    norm = Math.hypot(...data.subarray(data.length - model.hookWidth(hook)));
    tf.dispose([...cache.values()]);
  }
  model.dispose();
  const median = middle(times);
  return {
    backend, threads, model: model.config.name, hook, batch, context, passes, tokens_per_s: Math.round((batch * context * 1000) / median),
    ms_per_pass: Number(median.toFixed(2)), best_ms: Number(Math.min(...times).toFixed(2)), cpu_ms_per_pass: Number(middle(cpu).toFixed(2)), load_ms: Math.round(loadMs),
    peak_rss_mb: Math.round((process.resourceUsage().maxRSS * 1024) / megabyte), norm_of_last: norm,
  };
}
