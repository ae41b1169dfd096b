/**
 * What the file of one dictionary variant exports. A new variant is one file in variants/ and one line in registry.ts.
 *
 * Encoder and decoder hold a row a latent: wEnc [dSae, dIn], wDec [dSae, dOut]. In training x is scaled (see `scaling`); the scale is
 * folded away, or kept beside the weights, when a dictionary is saved.
 */
import type { Scalar, Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import type { z } from 'zod';
import type { Precision } from '../ops/low-precision.ts';
import type { Random } from '../random.ts';
import type { Trainer, TrainerSettings } from '../train/trainer.ts';

/** Weights by the field's names: wEnc, wDec, bEnc, bDec, threshold... */
export type Weights = Readonly<Record<string, Tensor>>;

export interface Sizes {
  /** All sources together for a crosscoder. */
  readonly dIn: number;
  readonly dSae: number;
  /** dIn where a variant reconstructs its input. */
  readonly dOut: number;
  /** Activations that stand side by side in x, each dIn / sources wide: 1 but for crosscoders. */
  readonly sources: number;
}

/**
 * What a batch holds beside the activations x.
 *
 * `activations`: nothing. `pairs`: a target y at another hook. `sources`: x is several hooks or models side by side. `gradients`: the
 * gradient of the language model's loss at x. `model`: a readout that runs the rest of the model.
 */
export type DataKind = 'activations' | 'pairs' | 'sources' | 'gradients' | 'model';

/** What the rest of a model makes of activations: logits float32 [counted, classes] and the activations of later hooks, float32 [counted, d] each. */
export interface Readings {
  readonly logits: Tensor2D;
  readonly later: readonly Tensor2D[];
}

/** The rest of a model behind the hook. */
export interface Readout {
  /** Runs it, differentiably, on x float32 [rows, dIn] in scaled units, a row a row of the batch; some rows may not count. */
  run(x: Tensor2D): Readings;
  /** What the model makes of the batch's own x, where that is known already; no gradient. Stays the source's until its next batch. */
  readonly original?: Readings;
}

/** One batch in training, scaled units. */
export interface Batch {
  /** float32 [rows, dIn] */
  readonly x: Tensor2D;
  /** What is reconstructed, float32 [rows, dOut]: x itself but for `pairs`. */
  readonly y: Tensor2D;
  /** `gradients` only: float32 [rows, dIn], mean norm 1. */
  readonly gradient: Tensor2D | null;
  /** `model` only. */
  readonly readout: Readout | null;
  /** Context and position of each row in the data, int32 [rows, 2], where the source knows them. */
  readonly origins?: Int32Array;
}

export interface InitContext extends Sizes {
  readonly random: Random;
  /** The centre of the inputs (mean or geometric median), float32 [dIn], in scaled units. */
  readonly centre: Float32Array;
  /** The centre of the targets, float32 [dOut]; `centre` where they are the inputs. */
  readonly targetCentre: Float32Array;
  /** Rows of the data in scaled units, float32 [sampleRows, dIn]. */
  readonly sample: Float32Array;
  readonly sampleRows: number;
}

/** What a loss may know beside the batch. */
export interface LossContext extends Sizes {
  /** From 0. */
  readonly step: number;
  readonly steps: number;
  /** 1 where a latent has not fired for the dead window, float32 [dSae]; null when none is dead. */
  readonly dead: Tensor1D | null;
  readonly deadCount: number;
  /** Total variance of the targets a row, in scaled units: the denominator of normalised losses. */
  readonly variance: number;
  /** Seeded by run and step: for losses that draw noise. Resume draws the same. */
  readonly random: Random;
}

export interface LossResult {
  /** What is minimised, float32 []. */
  readonly loss: Scalar;
  /** Its auxiliary part before its coefficient, float32 []. */
  readonly auxLoss: Scalar;
  /** float32 [rows, dSae] */
  readonly latents: Tensor2D;
  /** float32 [rows, dOut] */
  readonly reconstruction: Tensor2D;
  /** Pre-activations, float32 [rows, dSae], where `afterStep` or `diagnose` want them. */
  readonly preActivations?: Tensor2D;
}

/**
 * How a trained dictionary is used and saved.
 *
 * The first six are functions that SAELens has too; `own` is computed by the variant's own `encode` and `decode`, with all its weights saved
 * by name under the architecture `loupe:<id>`.
 */
export type InferenceForm =
  | { readonly kind: 'relu' }
  | { readonly kind: 'topk'; readonly k: number }
  | { readonly kind: 'jumprelu'; readonly threshold: Float32Array }
  /** All float32 [dSae]; bEnc is not used. */
  | { readonly kind: 'gated'; readonly bGate: Float32Array; readonly bMag: Float32Array; readonly rMag: Float32Array }
  /** The k largest by magnitude, with their signs. */
  | { readonly kind: 'abs-topk'; readonly k: number }
  /** Matching pursuit over the decoder's rows: `steps` atoms at most, until the residual's norm is under `tolerance`. wEnc and bEnc are not used. */
  | { readonly kind: 'matching-pursuit'; readonly steps: number; readonly tolerance: number; readonly untilRepeat?: boolean }
  | { readonly kind: 'own' };

/** What a fused step saw beside the batch. */
export interface FusedResult {
  /** float32 [rows, dIn], made when asked for */
  readonly reconstruction: () => Tensor2D;
  /** The smallest value kept of the batch; null where none was kept. */
  readonly smallestKept: number | null;
  /** Share of pre-activations within the bandwidth around their threshold; 0 but for `jumprelu`. */
  readonly windowShare: number;
}

/** What every form of the fused step (train/fused-trainer.ts) may do around it, as `afterStep` and `diagnose` of the variant do. */
interface FusedHooks {
  readonly afterStep?: (weights: Weights, x: Tensor2D, result: FusedResult, context: LossContext) => Weights;
  readonly diagnose?: (weights: Weights, result: FusedResult) => Readonly<Record<string, number>>;
}

/** The auxiliary loss of dead latents. */
interface FusedAuxiliary {
  readonly auxK: number;
  readonly auxCoefficient: number;
}

/** A training step that the fused trainer can take: by which rule latents are active, and what is minimised. */
export type FusedForm = FusedHooks & (
  /** The k largest of each row; squared error as a share of the variance, and the auxiliary loss. */
  | ({ readonly kind: 'topk'; readonly k: number; readonly precision?: Precision } & FusedAuxiliary)
  /** The k * rows largest of the batch; the same, summed over the prefixes of the dictionary that end at `ends` (one: all of it). */
  | ({ readonly kind: 'batch-topk'; readonly k: number; readonly ends: readonly number[] } & FusedAuxiliary)
  /** All positive ones; mean squared error + coefficient * mean sum of values, each times its decoder row's norm where `byNorm` is set. */
  | { readonly kind: 'relu'; readonly byNorm: boolean; readonly coefficient: (context: LossContext) => number }
  /**
   * Those above the weight `threshold` [dSae]; mean squared error + coefficient * (L0, or (L0 / targetL0 - 1)^2 where that is not null),
   * with straight-through gradients of thresholds from a window of width `bandwidth`.
   */
  | { readonly kind: 'jumprelu'; readonly bandwidth: number; readonly targetL0: number | null; readonly coefficient: (context: LossContext) => number }
);

/**
 * Which synthetic task a variant is tried on (synthetic/): `syn` and `syn-signed` reconstruct x = H V; `readout` has y = softmax(W2 relu(W1 x))
 * behind x; `transcoder` predicts C H from H V; `rotations` sees H V and H V Q side by side.
 */
export type SyntheticTask = 'syn' | 'syn-signed' | 'readout' | 'transcoder' | 'rotations';

/** How x is scaled in training: mean norm sqrt(d) (April 2024 update), or mean norm 1. */
export type Scaling = 'root-d' | 'unit-norm' | 'none';

export interface VariantDefinition<Shape extends z.ZodRawShape = z.ZodRawShape> {
  /** The file's name and the name on the command line. */
  readonly id: string;
  readonly title: string;
  readonly summary: string;
  /** Author, year, arXiv id. */
  readonly paper: string;
  readonly data: DataKind;
  readonly scaling: Scaling;
  /** Latents may be negative: a feature and its negative are matched alike. */
  readonly signed: boolean;
  /** The task it is tried on, and the fields of the config that the harness sets for it. */
  readonly synthetic: { readonly task: SyntheticTask; readonly fields?: Readonly<Record<string, unknown>> };
  /** The variant's own fields; training adds the common ones. Each has a description, a default and a range. */
  readonly config: z.ZodObject<Shape>;
  /** Rules across fields: messages that name the field, the value and the cure. Empty when all is well; dIn is 0 where it is not known yet. */
  readonly check: (config: z.infer<z.ZodObject<Shape>>, sizes: Sizes) => readonly string[];
  /** Weights that are trained by gradient. */
  readonly init: (config: z.infer<z.ZodObject<Shape>>, context: InitContext) => Weights;
  /** Weights that no gradient reaches (running thresholds, adapted biases, densities): saved with the others, changed by `afterStep` only. */
  readonly buffers?: (config: z.infer<z.ZodObject<Shape>>, context: InitContext) => Weights;
  /** x float32 [rows, dIn] -> latents float32 [rows, dSae], as the saved dictionary computes them. */
  readonly encode: (weights: Weights, x: Tensor2D, config: z.infer<z.ZodObject<Shape>>) => Tensor2D;
  /** latents float32 [rows, dSae] -> float32 [rows, dOut]. `x` is the input, for a skip connection. */
  readonly decode: (weights: Weights, latents: Tensor2D, config: z.infer<z.ZodObject<Shape>>, x: Tensor2D) => Tensor2D;
  /** Differentiable in every trained weight; `weights` holds the buffers too. */
  readonly loss: (weights: Weights, batch: Batch, config: z.infer<z.ZodObject<Shape>>, context: LossContext) => LossResult;
  /** New values, by name, of weights or buffers, after the optimiser's step; the weights are those after it, the result that before it. */
  readonly afterStep?: (weights: Weights, batch: Batch, result: LossResult, config: z.infer<z.ZodObject<Shape>>, context: LossContext) => Weights;
  /** Further figures of a step for the log and the warnings, by the names of shared/metrics.ts. */
  readonly diagnose?: (weights: Weights, result: LossResult, config: z.infer<z.ZodObject<Shape>>) => Readonly<Record<string, number>>;
  /** Decoder rows are kept at norm 1: the gradient's parallel part is removed, and rows are renormalised. */
  readonly unitDecoder: boolean;
  /** The pre-encoder bias is taken from x (`apply_b_dec_to_input`). */
  readonly centresInput: boolean;
  readonly inference: (config: z.infer<z.ZodObject<Shape>>, weights: Weights) => InferenceForm;
  /** Where the fused step computes the same training step; null for configs of which it does not. */
  readonly fused?: (config: z.infer<z.ZodObject<Shape>>, sizes: Sizes) => FusedForm | null;
  /** Where there is no gradient to follow: builds the dictionary in another way, a batch a step. */
  readonly trainer?: (config: z.infer<z.ZodObject<Shape>>, sizes: Sizes, settings: TrainerSettings) => Trainer;
  /** Common settings where they are not the common ones. */
  readonly defaults?: Readonly<Partial<{ lr: number; beta1: number; beta2: number; epsilon: number; clip: number }>>;
}

/** A variant whose config type is not known: what the registry and the loop see. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- the shape is known to the variant's own file only
export type AnyVariant = VariantDefinition<any>;

/** Keeps the config's type inside the file while the registry sees `AnyVariant`. */
export function defineVariant<Shape extends z.ZodRawShape>(definition: VariantDefinition<Shape>): VariantDefinition<Shape> {
  return definition;
}
