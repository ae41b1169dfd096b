/** Timing training steps of a language model on random tokens: forward, backward, clip, AdamW, as a run does them. */
import { loadBackend } from '../../backend/load.ts';
import { Random } from '../../random.ts';
import { middle } from '../bench.ts';
import { countParameters, startValues } from '../own/parameters.ts';
import { shapeOf, type OwnConfig } from '../own/config.ts';
import { LmTrainer } from './trainer.ts';
import type { TokenContexts } from './token-files.ts';

export interface BenchLm {
  readonly model: OwnConfig;
  /** Contexts of a step. */
  readonly batch: number;
  /** Timed steps; one more comes before them. */
  readonly steps: number;
  readonly seed: number;
}

const settings = { beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weightDecay: 0.1, clip: 1 };

function randomContexts(vocab: number, batch: number, length: number, seed: number): TokenContexts {
  const random = Random.from(seed, 'bench tokens');
  const rows = Array.from({ length: batch }, () => Int32Array.from({ length: length + 1 }, () => random.integer(vocab)));
  const join = (from: number): Int32Array => Int32Array.from({ length: batch * length }, (_, i) => rows[Math.floor(i / length)]![from + (i % length)]!);
  return { tokens: join(0), targets: join(1), batch, length };
}

/** Median times, ms, and tokens/s of a step; memory in MiB. Kinds as `shapeOf`. */
export async function benchLm({ model, batch, steps, seed }: BenchLm): Promise<Record<string, unknown>> {
  const { backend, threads } = await loadBackend();
  const shape = shapeOf(model);
  const trainer = new LmTrainer(shape, { ...settings, seed }, (spec) => startValues(spec, seed));
  const contexts = randomContexts(model.vocab, batch, model.context, seed);
  const [times, cpu, losses]: [number[], number[], number[]] = [[], [], []];
  try {
    for (let step = 0; step <= steps; step++) {
      const [begun, used] = [performance.now(), process.cpuUsage()];
      losses.push(trainer.step([contexts], 3e-4, step).loss);
      // The weights have no reader yet; reading one waits for what is still under way.
      trainer.values('ln_final.weight');
      if (step === 0) continue;
      times.push(performance.now() - begun);
      const { user, system } = process.cpuUsage(used);
      cpu.push((user + system) / 1000);
    }
  } finally {
    trainer.dispose();
  }
  const median = middle(times);
  return {
    backend, threads, arch: model.arch, parameters: countParameters(shape).total, batch, context: model.context, steps,
    tokens_per_s: Math.round((batch * model.context * 1000) / median), ms_per_step: Number(median.toFixed(2)), cpu_ms_per_step: Number(middle(cpu).toFixed(2)),
    loss_first: losses[0], loss_last: losses.at(-1), peak_rss_mb: Math.round(process.resourceUsage().maxRSS / 1024),
  };
}
