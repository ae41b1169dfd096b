/**
 * What the file of one dictionary variant exports. A new variant is one file in variants/ and one line in registry.ts.
 *
 * Encoder and decoder hold a row a latent: wEnc [dSae, dIn], wDec [dSae, dIn]. x is scaled (mean norm sqrt(dIn)); the scale is
 * folded away when a dictionary is saved.
 */
import type { Scalar, Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import type { z } from 'zod';
import type { Random } from '../random.ts';

/** Weights by the field's names: wEnc, wDec, bEnc, bDec, threshold... */
export type Weights = Readonly<Record<string, Tensor>>;

export interface Sizes {
  readonly dIn: number;
  readonly dSae: number;
}

export interface InitContext extends Sizes {
  readonly random: Random;
  /** The centre of the data (mean or geometric median), float32 [dIn], in scaled units. */
  readonly centre: Float32Array;
}

/** What a loss may know beside the batch. */
export interface LossContext {
  /** From 0. */
  readonly step: number;
  readonly steps: number;
  /** 1 where a latent has not fired for the dead window, float32 [dSae]; null when none is dead. */
  readonly dead: Tensor1D | null;
  readonly deadCount: number;
  /** Total variance of the data a row, in scaled units: the denominator of normalised losses. */
  readonly variance: number;
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
}

/** How a trained dictionary is used and saved: which function of SAELens it is, if any. */
export type InferenceForm =
  | { readonly kind: 'relu' }
  | { readonly kind: 'topk'; readonly k: number }
  | { readonly kind: 'jumprelu'; readonly threshold: Float32Array };

/** Settings of the fused step of the TopK family (train/fused-trainer.ts). */
export interface FusedForm {
  readonly k: number;
  readonly auxK: number;
  readonly auxCoefficient: number;
}

/** Which synthetic task a variant is tried on (synthetic.ts). */
export type SyntheticTask = 'syn';

export interface VariantDefinition<Shape extends z.ZodRawShape = z.ZodRawShape> {
  /** The file's name and the name on the command line. */
  readonly id: string;
  readonly title: string;
  readonly summary: string;
  /** Author, year, arXiv id. */
  readonly paper: string;
  readonly task: SyntheticTask;
  /** The variant's own fields; training adds the common ones. Each has a description, a default and a range. */
  readonly config: z.ZodObject<Shape>;
  /** Rules across fields: messages that name the field, the value and the cure. Empty when all is well. */
  readonly check: (config: z.infer<z.ZodObject<Shape>>, sizes: Sizes) => readonly string[];
  readonly init: (config: z.infer<z.ZodObject<Shape>>, context: InitContext) => Weights;
  /** x float32 [rows, dIn] -> latents float32 [rows, dSae], as in training. */
  readonly encode: (parameters: Weights, x: Tensor2D, config: z.infer<z.ZodObject<Shape>>) => Tensor2D;
  /** latents float32 [rows, dSae] -> float32 [rows, dOut]. */
  readonly decode: (parameters: Weights, latents: Tensor2D, config: z.infer<z.ZodObject<Shape>>) => Tensor2D;
  /** Differentiable in every parameter. */
  readonly loss: (parameters: Weights, x: Tensor2D, config: z.infer<z.ZodObject<Shape>>, context: LossContext) => LossResult;
  /** Decoder rows are kept at norm 1: the gradient's parallel part is removed, and rows are renormalised. */
  readonly unitDecoder: boolean;
  /** The pre-encoder bias is taken from x (`apply_b_dec_to_input`). */
  readonly centresInput: boolean;
  readonly inference: (config: z.infer<z.ZodObject<Shape>>, parameters: Weights) => InferenceForm;
  /** Present where the fused step computes the same training step. */
  readonly fused?: (config: z.infer<z.ZodObject<Shape>>) => FusedForm;
  /** Adam's settings and learning rate where they are not the common ones. */
  readonly defaults?: Readonly<Partial<{ lr: number; beta1: number; beta2: number; epsilon: number }>>;
}

/** A variant whose config type is not known: what the registry and the loop see. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- the shape is known to the variant's own file only
export type AnyVariant = VariantDefinition<any>;

/** Keeps the config's type inside the file while the registry sees `AnyVariant`. */
export function defineVariant<Shape extends z.ZodRawShape>(definition: VariantDefinition<Shape>): VariantDefinition<Shape> {
  return definition;
}
