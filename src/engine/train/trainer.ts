/** What the loop trains: one step at a time, whichever way the step is computed. */
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Batch, Sizes, Weights } from '../sae/definition.ts';

/** Adam's settings and what does not change over a run. */
export interface TrainerSettings {
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  readonly clip: number | null;
  /** A latent is dead after this many tokens without firing. */
  readonly deadWindow: number;
  /** Total variance of the data a row, in scaled units: errors are given as a share of it. */
  readonly variance: number;
  readonly steps: number;
  readonly sizes: Sizes;
  /** Of noise that a loss draws. */
  readonly seed: number;
}

export interface StepReport {
  /** What was minimised: error as a share of the variance, plus the auxiliary part. */
  readonly loss: number;
  readonly auxLoss: number;
  /** Error of this batch as a share of the data's variance. */
  readonly fvu: number;
  /** Mean latents a token. */
  readonly l0: number;
  /** Norm of the whole gradient, before clipping. */
  readonly gradientNorm: number;
  /** Further figures of the variant, by the names of shared/metrics.ts. */
  readonly extra?: Readonly<Record<string, number>>;
}

export interface Trainer {
  /**
   * One step on a batch in scaled units, `step` counted from 0.
   *
   * Kind not-finite leaves the weights as they were.
   */
  step(batch: Batch, lr: number, step: number): StepReport;
  /** Latents that have not fired for the dead window. */
  deadCount(): number;
  /** Tokens since each latent fired, int32 [dSae]. */
  sinceFired(): Int32Array;
  /** Everything that a step depends on, by name; the caller disposes the tensors. */
  state(): Record<string, Tensor>;
  /** Takes a state back. Kind mismatch where names or shapes differ. */
  restore(state: Readonly<Record<string, Tensor>>): void;
  /** Copies of the weights and buffers, in scaled units; the caller disposes them. */
  weights(): Weights;
  dispose(): void;
}
