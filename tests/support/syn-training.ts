/** Variants trained on superposition data without the run around them: in a loop of DenseTrainer, with what only tests vary. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import { scoped } from '../../src/engine/ops/scope.ts';
import { Random } from '../../src/engine/random.ts';
import type { AnyVariant, Weights } from '../../src/engine/sae/definition.ts';
import { featureRecovery } from '../../src/engine/sae/synthetic/recovery.ts';
import { synCodes, synDecode, synDirections } from '../../src/engine/sae/synthetic/syn.ts';
import type { SynCodes, SynTask } from '../../src/engine/sae/synthetic/syn.ts';
import { DenseTrainer } from '../../src/engine/train/dense-trainer.ts';
import { measureSample } from '../../src/engine/train/prepare.ts';
import { learningRate } from '../../src/engine/train/schedule.ts';
import { batchOf, initContext, sizesOf, trainerSettings } from './variants.ts';

export interface SynTraining {
  readonly variant: AnyVariant;
  /** Fields of the variant that are not its defaults. */
  readonly fields: Readonly<Record<string, unknown>>;
  readonly dSae: number;
  readonly steps: number;
  readonly seed: number;
  readonly lr?: number;
  readonly batch?: number;
  readonly task?: Partial<SynTask>;
  /** Draws codes in another way than synCodes. */
  readonly codes?: (task: SynTask, rows: number, random: Random) => SynCodes;
  /** Gradients at the samples of codes, float32 [rows, d]; scaled to mean norm 1. */
  readonly gradients?: (codes: SynCodes, directions: Float32Array) => Float32Array;
  /** Looks at the trained weights, on fresh scaled samples float32 [rows, d]. */
  readonly inspect?: (weights: Weights, x: Tensor2D) => void;
}

/** On 8,192 fresh samples, with the weights as a saved dictionary uses them. */
export interface SynFigures {
  readonly fvu: number;
  readonly l0: number;
  /** Mean over the last 50 steps, with the choice of training. */
  readonly trainL0: number;
  readonly dead: number;
  readonly frr: number;
  readonly mmcs: number;
}

const heldOutRows = 8192;

/** The harness of sae-variants.md section 0: batch 512, Adam at 1e-3, 100 steps of warm-up, decay over the last fifth. */
export function trainOnSyn(run: SynTraining): SynFigures {
  const { variant, dSae, steps, seed, lr = 1e-3, batch = 512, codes = synCodes } = run;
  const task: SynTask = { n0: 64, d: 32, s: 3, signed: variant.signed, ...run.task };
  const directions = synDirections(task, seed);
  const drawCodes = (rows: number, stream: string): SynCodes => codes(task, rows, Random.from(seed, stream));
  const draw = (rows: number, stream: string): Float32Array => synDecode(drawCodes(rows, stream), directions, task.d);
  const sizes = sizesOf({ dIn: task.d, dSae });
  const data = measureSample({ x: draw(heldOutRows, 'sample'), y: null }, sizes, 'mean', variant.scaling);
  const scaled = (x: Float32Array): Float32Array => x.map((value) => value * data.inputScale[0]!);
  const config = variant.config.parse(run.fields) as Record<string, unknown>;
  const context = initContext(sizes, { random: Random.from(seed + 1, 'initial weights'), centre: data.centre, targetCentre: data.centre, sample: data.sample, sampleRows: data.sampleRows });
  const start = { weights: variant.init(config, context), buffers: variant.buffers?.(config, context) ?? {} };
  const settings = trainerSettings(sizes, { ...variant.defaults, variance: data.variance, deadWindow: Math.floor((steps * batch) / 10), steps, seed });
  const trainer = new DenseTrainer(variant, config, start.weights, start.buffers, settings);
  tf.dispose([start.weights, start.buffers]);
  const schedule = { lr, steps, warmupSteps: Math.min(100, steps), decayFraction: 0.2 };
  let trainL0 = 0;
  for (let step = 0; step < steps; step++) {
    const drawn = drawCodes(batch, `batch ${step}`);
    const x = tf.tensor2d(scaled(synDecode(drawn, directions, task.d)), [batch, task.d]);
    const gradient = run.gradients === undefined ? null : unitMeanNorm(run.gradients(drawn, directions), batch, task.d);
    const { l0 } = trainer.step(batchOf(x, { gradient }), learningRate(schedule, step), step);
    if (step >= steps - 50) trainL0 += l0 / Math.min(50, steps);
    x.dispose();
    gradient?.dispose();
  }
  const figures = evaluated(trainer, run, config, scaled(draw(heldOutRows, 'held out')), directions, sizes.dIn);
  trainer.dispose();
  return { ...figures, trainL0 };
}

function unitMeanNorm(values: Float32Array, rows: number, d: number): Tensor2D {
  return tf.tidy(() => {
    const raw = tf.tensor2d(values, [rows, d]);
    return tf.div(raw, tf.mean(tf.norm(raw, 2, 1)));
  });
}

function evaluated(
  trainer: DenseTrainer, { variant, inspect }: SynTraining, config: Record<string, unknown>, x: Float32Array, directions: Float32Array, d: number,
): Omit<SynFigures, 'trainL0'> {
  return scoped(() => {
    const weights = trainer.weights();
    const rows = tf.tensor2d(x, [x.length / d, d]);
    inspect?.(weights, rows);
    const latents = variant.encode(weights, rows, config);
    const y = variant.decode(weights, latents, config, rows);
    const variance = tf.sum(tf.square(tf.sub(rows, tf.mean(rows, 0, true))));
    const used = tf.cast(tf.notEqual(latents, 0), 'float32') as Tensor2D;
    const number = (tensor: tf.Tensor): number => tensor.dataSync()[0]!;
    return {
      fvu: number(tf.div(tf.sum(tf.squaredDifference(rows, y)), variance)),
      l0: number(tf.mean(tf.sum(used, 1))),
      dead: 1 - number(tf.mean(tf.max(used, 0))),
      ...featureRecovery(directions, weights['wDec']!.dataSync<'float32'>(), d, 0.9, variant.signed),
    };
  });
}
