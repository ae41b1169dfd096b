/**
 * A layer that a language model trained by Loupe can have in the place of the MLP, and what one file must export to add one
 * (docs/add-a-layer.md).
 *
 * A kind says what its parameters are, how they start and how the layer is computed. All else (blocks, training, checkpoints,
 * files, hooks, the command line, forms) asks the kind and knows no id.
 */
import type { Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import type { z } from 'zod';
import type { BlockFigures } from '../../../shared/schema/sparsity.ts';
import { unitNameOf, type UnitNames } from '../../../shared/unit-names.ts';
import type { Random } from '../../random.ts';
import type { Linear } from '../definition.ts';

/** What surrounds the layer, the same for every kind. */
export interface ModelSize {
  readonly layers: number;
  readonly dModel: number;
  /** Attention heads; dModel is divisible by them. */
  readonly heads: number;
  /** Tokens of a context. */
  readonly context: number;
  readonly vocab: number;
}

/** Start values of a parameter: float32, as many as the shape holds. See starts.ts. */
export type Start = (random: Random, shape: readonly number[]) => Float32Array;

export interface ParameterSpec {
  /** Outermost axis first; matrices stand [in, out], so that x W is the map. */
  readonly shape: readonly number[];
  readonly start: Start;
  /** Whether weight decay applies: true of matrices, false of biases and of the weights of norms. */
  readonly decay: boolean;
  /** false: the optimiser leaves it alone and `pass.update` changes it (running statistics). */
  readonly trained?: false;
}

export type Specs = Readonly<Record<string, ParameterSpec>>;
/** The tensors of a block by the names of its specs. */
export type Weights = Readonly<Record<string, Tensor>>;

/** What a layer can ask of the pass it is in. Names of hooks are those within a block: 'mlp.hook_post'. */
export interface LayerPass {
  /** The block's number, from 0. */
  readonly layer: number;
  /** Gradients of the weights are wanted; in other passes a layer need not make them. */
  readonly training: boolean;
  /** Of kinds with experts: 1 where an expert takes part, 0 where it is switched off (experts/experts-off.ts), float32 [experts]; null where all do. */
  readonly keep: Tensor1D | null;
  /** Only ops that autograd goes through. */
  readonly differentiable: boolean;
  /** For noise while training; the same numbers for the same seed and step. */
  readonly random: Random;
  /** Passes a value [tokens, width] through a hook: what comes back is what the layer must go on with. */
  at(hook: string, value: Tensor2D): Tensor2D;
  /** Whether somebody reads or changes the value at the hook; when nobody does, it need not be computed in its full width. */
  touches(hook: string): boolean;
  /** Leaves a tensor for later blocks of the same pass. */
  share(key: string, value: Tensor): void;
  /** What an earlier block of this pass left; `from` is the block that does, as `sharesFrom` says. */
  shared(key: string, from: number): Tensor;
  /** What `make` makes of the weights alone; in a model that is not trained it is made once. */
  kept(name: string, make: () => Tensor): Tensor;
  /** Sets a parameter with `trained: false` to a new value after this pass; without effect unless training. */
  update(name: string, value: Tensor): void;
}

export interface LayerResult {
  /** float32 [tokens, dModel] */
  readonly y: Tensor2D;
  /** Auxiliary losses, unweighted scalars by name; the trainer adds them up over blocks with `lossWeights`. */
  readonly losses: Readonly<Record<string, Tensor>>;
  /** Measurements without gradient for the log: a scalar (score correlation) or a vector (load by expert). */
  readonly figures?: Readonly<Record<string, Tensor>>;
}

/** What a block's form is given to work with. */
export interface BlockTools {
  readonly size: ModelSize;
  /** LayerNorm with the weights `${name}.weight` and `${name}.bias` of the block, float32 [tokens, dModel]; hooks as in TransformerLens. */
  norm(name: 'ln1' | 'ln2', x: Tensor2D): Tensor2D;
  /**
   * Causal attention of x float32 [tokens, dModel] -> [tokens, dModel]. `qkv` maps to q, k and v side by side, 3 dModel wide (the same
   * map three times over where they are one); `out` maps z back. Hooks as in TransformerLens.
   */
  attend(x: Tensor2D, qkv: Linear, out: Linear): Tensor2D;
  /** Hooks of the block itself: 'hook_attn_out', 'hook_resid_mid', 'hook_mlp_out'. */
  at(hook: string, value: Tensor2D): Tensor2D;
  /** Nothing behind this place is wanted: give back any tensor of the right shape. */
  readonly finished: boolean;
}

/** How a block is put together: what is normed, attended to and added. */
export interface BlockForm {
  /** Norms and attention. `layers` enters in the start of output maps, 0.02 / sqrt(2 layers). */
  parameters(size: ModelSize): Specs;
  /** x float32 [tokens, dModel] at hook_resid_pre -> the value at hook_resid_post. `layer` is the kind's forward. */
  apply(x: Tensor2D, weights: Weights, layer: (normed: Tensor2D) => Tensor2D, tools: BlockTools): Tensor2D;
}

/** Of kinds whose layer is made of experts: how they are counted, and how a token's share of each is read off the pass. */
export interface ExpertsForm<C> {
  /** Experts of a block: they can be switched off one by one. */
  count(config: C): number;
  /** Pairs (i, j) of s halves, expert i * s + j, seen as a square; or single ones side by side. */
  readonly layout: 'square' | 'list';
  /** Hooks within the block whose values `mass` and `uses` read, in this order. */
  readonly hooks: readonly string[];
  /** What is routed to each expert, summed over tokens, float32 [experts]; values float32 [tokens, width of the hook] each. */
  mass(config: C, values: readonly Tensor2D[]): Tensor1D;
  /** The experts that each token uses, with their weights above 0; values as `mass` has them, flat. */
  uses(config: C, values: readonly Float32Array[], tokens: number): ExpertUses[];
  /** The first unit of an expert at mlp.hook_post, and how many it has there. */
  units(config: C, size: ModelSize, expert: number): readonly [first: number, count: number];
  /** "expert (3, 17)" */
  name(config: C, expert: number): string;
}

/** One token's experts, rising. */
export interface ExpertUses {
  /** int32 [used] */
  readonly experts: Int32Array;
  /** float32 [used] */
  readonly weights: Float32Array;
}

/** Measurements of one block over batches of contexts (lm/sparsity), beside those of its units. */
export interface BlockStudy {
  /** Hooks within the block whose values it wants, before the block's mlp.hook_post or after. */
  readonly hooks: readonly string[];
  /** value float32 [batch * length, width] at one of the hooks, freed by the caller; `weights` are the block's. */
  see(hook: string, value: Tensor2D, weights: Weights, shape: { readonly batch: number; readonly length: number }): void;
  figures(): BlockFigures;
  /** All that was seen, for a checkpoint: exact as JSON. `restore` takes it. */
  state(): StudyState;
  restore(state: StudyState): void;
}

export type StudyState = Readonly<Record<string, readonly number[]>>;

/** Of kinds whose units each have a direction of their own. */
export interface UnitWrites {
  /** What 1 at a unit of mlp.hook_post adds to the layer's y, float32 [units, dModel] */
  readonly rows: Tensor2D;
  /** What y is where all units are 0, float32 [dModel]; null for nothing. */
  readonly bias: Tensor1D | null;
}

/** Sizes that come ready; what is left out is as elsewhere (own/presets.ts). */
export interface LayerPreset<C> {
  readonly size?: Partial<ModelSize>;
  readonly layer?: Partial<C>;
  readonly tiedEmbeddings?: boolean;
}

/** One kind of layer: a file in this folder and a line in the registry. `C` is its parsed config. */
export interface LayerKind<C = unknown> {
  /** As `--arch` takes it. */
  readonly id: string;
  readonly title: string;
  /** Author, year, arXiv id; null for what has no single source. */
  readonly paper: string | null;
  /** Every field has a default and a description; unknown keys are refused. */
  readonly config: z.ZodObject;
  /** What is impossible about a config for a size: the fields and the cure, or null. (k over the experts, s not a root.) */
  problem?(config: C, size: ModelSize): string | null;
  /** Parameters of block `layer`; blocks may differ (a router that serves a group stands in the first of it). */
  parameters(config: C, size: ModelSize, layer: number): Specs;
  /** Of kinds whose blocks share: the earliest block whose `share` block `layer` reads, itself when it reads none. A pass that begins in between runs up to there first. */
  sharesFrom?(config: C, layer: number): number;
  /** Norms and attention around the layer; the pre-norm block (pre-norm.ts) when left out. */
  block?(config: C): BlockForm;
  /** x float32 [tokens, dModel], normed -> y of the same shape. */
  forward(x: Tensor2D, weights: Weights, config: C, pass: LayerPass, size: ModelSize): LayerResult;
  /** Factors of the auxiliary losses by name. */
  lossWeights?(config: C): Readonly<Record<string, number>>;
  /** By name: what the kind adds to a preset of all kinds ('desktop-text', 'desktop-chess'), or one of its own ('paper-850m'), which names every size. */
  readonly presets?: Readonly<Record<string, LayerPreset<C>>>;
  /** The interpretable units of a block: what the hook mlp.hook_post holds for a token. */
  units(config: C, size: ModelSize): number;
  /** How units are called, as a rule: "expert {i}, neuron {j}". */
  unitNames(config: C, size: ModelSize): UnitNames;
  /** A unit's name by that rule, like "expert 3, neuron 17". */
  unitName(config: C, size: ModelSize, unit: number): string;
  /** Units are never exactly 0, as behind a GELU: what counts as firing needs a threshold. false when left out. */
  smooth?(config: C): boolean;
  /** What a study of sparsity measures of a block beside its units. */
  study?(config: C, size: ModelSize): BlockStudy;
  /** The direction of each unit, of the weights of a block; or, of kinds whose units have none, why in a sentence. */
  writes(weights: Weights, config: C, size: ModelSize): UnitWrites | string;
  /** Hooks of the layer beside mlp.hook_post, with their widths; [['mlp.hook_pre', units]] when left out. */
  hooks?(config: C, size: ModelSize): readonly (readonly [name: string, width: number])[];
  /** Of kinds with experts. Such a kind multiplies what it gives an expert by `pass.keep`. */
  readonly experts?: ExpertsForm<C>;
  /** Numbers that a training step holds of a token for one layer beside its input and output, an estimate; what plain units take when left out (training/budget.ts). */
  held?(config: C, size: ModelSize): number;
  /** Parameters of block `layer`'s layer that take part in computing one token. */
  active(config: C, size: ModelSize, layer: number): number;
}

/** A kind whose config type is not known here. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- the shape is known to the kind's own file only
export type AnyLayerKind = LayerKind<any>;

type Defined<C> = Omit<LayerKind<C>, 'unitName'>;

/** Keeps the config's type inside the file while the registry sees `AnyLayerKind`. */
export function defineLayer<Shape extends z.ZodRawShape>(kind: Defined<z.infer<z.ZodObject<Shape>>> & { readonly config: z.ZodObject<Shape> }): LayerKind<z.infer<z.ZodObject<Shape>>> {
  return { ...kind, unitName: (config, size, unit) => unitNameOf(kind.unitNames(config, size), unit) };
}
