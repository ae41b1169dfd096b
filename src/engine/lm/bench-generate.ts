/** Timing generation with a key-value cache on a model at its start values: the prompts in one pass, then a token a pass for all texts of the batch. */
import * as tf from '@tensorflow/tfjs-core';
import { loadBackend } from '../backend/load.ts';
import { Random } from '../random.ts';
import { middle } from './bench.ts';
import { CachedContinuation } from './continuation.ts';
import type { Decoder } from './decoder.ts';
import { HookTable } from './hook-names.ts';
import { loupe } from './models/loupe.ts';
import { shapeOf, type OwnConfig } from './own/config.ts';
import { modelConfig } from './own/files.ts';
import { assemble, countParameters, startValues } from './own/parameters.ts';
import { argMax } from './sampling.ts';

export interface BenchGenerate {
  readonly model: OwnConfig;
  /** Texts that grow together. */
  readonly batch: number;
  /** Tokens of a prompt. */
  readonly prompt: number;
  /** New tokens of each text; with the prompt at most the model's context. */
  readonly newTokens: number;
  /** Timed rounds; one more comes before them. */
  readonly rounds: number;
  readonly seed: number;
}

/** Greedy continuation of `prompts` int32 [batch * prompt]: how many tokens came, and their sum, which is the same whenever the tokens are. */
function grow(text: CachedContinuation, prompts: Int32Array, { batch, newTokens }: BenchGenerate, vocab: number): { readonly count: number; readonly sum: number } {
  let [tokens, count, sum] = [prompts, 0, 0];
  for (let step = 0; step < newTokens; step++) {
    const logits = text.append(tokens);
    tokens = Int32Array.from({ length: batch }, (_, row) => argMax(logits.subarray(row * vocab, (row + 1) * vocab)));
    count += batch;
    for (const token of tokens) sum += token;
  }
  return { count, sum };
}

/** Median over rounds of tokens/s of all texts together, the prompts' pass included; times in ms, memory in MiB. Kinds as `shapeOf` and `append`. */
export async function benchGenerate(bench: BenchGenerate): Promise<Record<string, unknown>> {
  const { backend, threads } = await loadBackend();
  const { model, batch, prompt, newTokens, rounds, seed } = bench;
  const shape = shapeOf(model);
  const made: tf.Tensor[] = [];
  const weights = assemble(shape, model.layers, (spec) => {
    const tensor = tf.tensor(startValues(spec, seed), [...spec.shape]);
    made.push(tensor);
    return tensor;
  });
  const kept = new Map<string, tf.Tensor>();
  const config = modelConfig(shape, 'the model that is timed', []);
  const decoder: Decoder = { config, architecture: loupe.architecture, weights: { ...weights, own: { ...weights.own!, kept } } };
  const table = new HookTable(config, loupe.architecture);
  const random = Random.from(seed, 'bench prompts');
  const prompts = Int32Array.from({ length: batch * prompt }, () => random.integer(model.vocab));
  const [times, cpu]: [number[], number[]] = [[], []];
  let grown = { count: 0, sum: 0 };
  try {
    for (let round = 0; round <= rounds; round++) {
      const text = new CachedContinuation(decoder, table, batch);
      const [begun, used] = [performance.now(), process.cpuUsage()];
      try {
        grown = grow(text, prompts, bench, model.vocab);
      } finally {
        text.dispose();
      }
      if (round === 0) continue;
      times.push(performance.now() - begun);
      const { user, system } = process.cpuUsage(used);
      cpu.push((user + system) / 1000);
    }
  } finally {
    tf.dispose([...made, ...kept.values()]);
  }
  const median = middle(times);
  return {
    backend, threads, arch: model.arch, parameters: countParameters(shape).total, batch, prompt, new_tokens: newTokens, rounds,
    tokens_per_s: Math.round((grown.count * 1000) / median), ms_per_round: Number(median.toFixed(2)), cpu_ms_per_round: Number(middle(cpu).toFixed(2)),
    token_sum: grown.sum, peak_rss_mb: Math.round(process.resourceUsage().maxRSS / 1024),
  };
}
