/** Contexts and batches for tests of dictionary variants. */
import type { Tensor2D } from '@tensorflow/tfjs-core';
import { Random } from '../../src/engine/random.ts';
import type { Batch, InitContext, LossContext, Sizes } from '../../src/engine/sae/definition.ts';
import type { TrainerSettings } from '../../src/engine/train/trainer.ts';

export function sizesOf(sizes: Partial<Sizes> & Pick<Sizes, 'dIn' | 'dSae'>): Sizes {
  return { dOut: sizes.dIn, sources: 1, ...sizes };
}

export function initContext(sizes: Partial<Sizes> & Pick<Sizes, 'dIn' | 'dSae'>, changes: Partial<InitContext> = {}): InitContext {
  const whole = sizesOf(sizes);
  const centre = changes.centre ?? new Float32Array(whole.dIn);
  const sampleRows = 64;
  return {
    ...whole, random: Random.from(2), centre, targetCentre: whole.dOut === whole.dIn ? centre : new Float32Array(whole.dOut),
    sample: Random.from(9, 'sample').normals(sampleRows * whole.dIn), sampleRows, ...changes,
  };
}

export function lossContext(sizes: Partial<Sizes> & Pick<Sizes, 'dIn' | 'dSae'>, changes: Partial<LossContext> = {}): LossContext {
  return { ...sizesOf(sizes), step: 0, steps: 10, variance: 5, dead: null, deadCount: 0, random: Random.from(3, 'noise'), ...changes };
}

export function batchOf(x: Tensor2D, changes: Partial<Batch> = {}): Batch {
  return { x, y: x, gradient: null, readout: null, ...changes };
}

export function trainerSettings(sizes: Partial<Sizes> & Pick<Sizes, 'dIn' | 'dSae'>, changes: Partial<TrainerSettings> = {}): TrainerSettings {
  return { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, clip: null, deadWindow: 1e6, variance: sizes.dIn, steps: 100, sizes: sizesOf(sizes), seed: 4, ...changes };
}
