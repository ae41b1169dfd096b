/**
 * A language model with hooks, and what one file must export to add a family (docs/add-a-model-family.md).
 *
 * Hook points carry TransformerLens names: `blocks.9.hook_resid_post`, `blocks.0.attn.hook_q`, `ln_final.hook_scale`...
 */
import type { Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import type { GgufValue } from '../formats/gguf.ts';
import type { ModelIdentity } from '../store/types.ts';
import type { Tokenizer } from '../tokenizers/types.ts';
import type { ExpertsOff } from './experts/experts-off.ts';
import type { AnyLayerKind, BlockForm, ModelSize, Weights } from './layers/definition.ts';
import type { OwnConfig } from './own/config.ts';
import type { HookUnits } from './units.ts';

/** The shape of a decoder-only transformer, after the family has read its own config. */
export interface ModelConfig {
  readonly family: string;
  readonly name: string;
  readonly layers: number;
  readonly dModel: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly dHead: number;
  readonly dMlp: number;
  readonly vocab: number;
  readonly contextLength: number;
  readonly normEps: number;
  readonly activation: 'gelu' | 'gelu_new' | 'gelu_fast' | 'relu' | 'silu' | 'gelu_pytorch_tanh';
  readonly ropeTheta: number | null;
  readonly ropeScaling: Readonly<Record<string, unknown>> | null;
  readonly tiedEmbeddings: boolean;
  readonly bosTokenId: number | null;
  readonly eosTokenIds: readonly number[];
  /** How many numbers of a head are rotated, the first ones; even, dHead for all of them. */
  readonly rotaryDim: number;
  /** What the product of query and key is divided by; sqrt(dHead) in most families. */
  readonly attnDivisor: number;
  /** Scores become cap * tanh(score / cap) before the mask (Gemma 2, 2408.00118, section 2); null: they stay. */
  readonly attnSoftCap: number | null;
  /** The same for logits. */
  readonly logitSoftCap: number | null;
  /** Of each block: how many tokens a query sees, itself included; null for all before it. */
  readonly windows: readonly (number | null)[];
  /** The MLP reads the block's input, beside attention and not behind it: there is no hook_resid_mid. */
  readonly parallel: boolean;
  /** What token embeddings are multiplied by; hook_embed holds the product. */
  readonly embeddingScale: number;
  /** Of models that Loupe trained: their config, and the hooks of their layer with widths, in the place of those of an MLP. */
  readonly own?: { readonly config: OwnConfig; readonly hooks: readonly (readonly [name: string, width: number])[] };
}

/** What most families have in common and need not say: `checkedConfig` fills it in. */
type CommonFacts = 'rotaryDim' | 'attnDivisor' | 'attnSoftCap' | 'logitSoftCap' | 'windows' | 'parallel' | 'embeddingScale';

/** A config as a family reads it. */
export type DescribedConfig = Omit<ModelConfig, CommonFacts> & Partial<Pick<ModelConfig, CommonFacts>>;

/** A change of the value at a hook during a forward pass. */
export type HookEdit =
  | { readonly hook: string; readonly kind: 'replace'; readonly value: Tensor }
  | { readonly hook: string; readonly kind: 'add'; readonly value: Tensor }
  | { readonly hook: string; readonly kind: 'map'; readonly map: (value: Tensor) => Tensor };

export interface RunOptions {
  /** Hooks whose values are wanted. */
  readonly names?: readonly string[];
  /** Run only blocks 0..stopAtLayer-1, and no unembedding (TransformerLens `stop_at_layer`). */
  readonly stopAtLayer?: number;
  readonly edits?: readonly HookEdit[];
  /** Experts that are switched off, of models that have some. Kinds: unsupported, mismatch. */
  readonly off?: ExpertsOff;
  /** Norm scales are taken as constants in the backward pass. */
  readonly freezeNorms?: boolean;
  /** Attention patterns are taken as constants in the backward pass. */
  readonly freezePatterns?: boolean;
  /** int32 [batch * length]: document of each token; attention stays within a document (`--isolate`). */
  readonly documents?: Int32Array;
  /** false leaves the unembedding out. */
  readonly logits?: boolean;
  /** Begins at a block with this residual stream, and not with the embedding of the tokens. */
  readonly start?: PassStart;
  /** Stock ops alone, so that the gradient of a caller goes through the pass. */
  readonly differentiable?: boolean;
}

/** Where a pass begins that is not a whole one. */
export interface PassStart {
  /** 0 to the number of blocks; at the latter the final norm alone is left. */
  readonly layer: number;
  /** The value at that block's hook_resid_pre, float32 [batch, length, dModel]. Stays the caller's. */
  readonly residual: Tensor;
}

export interface RunResult {
  /** float32 [batch, length, vocab], or null when stopped before or not asked for. The caller disposes. */
  readonly logits: Tensor | null;
  /** name -> value. The caller disposes. */
  readonly cache: ReadonlyMap<string, Tensor>;
}

export interface LanguageModel {
  readonly config: ModelConfig;
  readonly identity: ModelIdentity;
  readonly tokenizer: Tokenizer;
  /** Every hook name this model has, in the order of the forward pass. */
  readonly hookNames: readonly string[];
  /** Width of the value at a hook (its last axis; heads times dHead for q, k, v and z). Kind not-found with the nearest name. */
  hookWidth(name: string): number;
  /** tokens int32 [batch, length]. Kind not-found for an unknown hook name, bad-request for a length over the context. */
  run(tokens: Int32Array, batch: number, length: number, options?: RunOptions): RunResult;
  /** Value of `metric(logits)` and its gradient at each named hook. */
  runWithGradients(
    tokens: Int32Array, batch: number, length: number,
    metric: (logits: Tensor) => Tensor, names: readonly string[], options?: RunOptions,
  ): { readonly value: number; readonly gradients: ReadonlyMap<string, Tensor>; readonly cache: ReadonlyMap<string, Tensor> };
  generate(prompt: Int32Array, options: GenerateOptions): Int32Array;
  /** Texts of no tokens yet, equally long, to be read piece by piece: generation that others steer, without the experts in `off`. The caller disposes it before the model. */
  continuation(texts?: number, off?: ExpertsOff): Continuation;
  /** The unembedding, float32 [dModel, vocab], a tensor owned by the model; and the final norm's weight, [dModel]. */
  readonly unembedding: Tensor;
  readonly finalNormWeight: Tensor | null;
  /** The blocks of a model that Loupe trained, with their weights, which stay the model's; null for other families. */
  readonly own: OwnBlocks | null;
  /** The units that a hook holds, with their directions. Kinds: unsupported for a hook that has none, not-found for a block that is not there. */
  units(hook: string): HookUnits;
  dispose(): void;
}

/** Texts that grow together, with what the blocks keep of them. Several in one pass cost little more than one: it is the weights that are read. */
export interface Continuation {
  /** Tokens read so far, of each text. */
  readonly length: number;
  /**
   * Reads tokens int32 [texts, n]; the logits behind the last of each, float32 [texts, vocab]. `edits` hold for these tokens alone: their hooks'
   * values are [texts, n, ...]. Kinds: bad-request (no tokens, or more than the context), disposed.
   */
  append(tokens: Int32Array, edits?: readonly HookEdit[]): Float32Array;
  dispose(): void;
}

export interface GenerateOptions {
  readonly maxNewTokens: number;
  /** 0 is greedy. */
  readonly temperature?: number;
  readonly topP?: number;
  readonly seed?: number;
  readonly edits?: readonly HookEdit[];
  readonly off?: ExpertsOff;
  readonly stopIds?: readonly number[];
  readonly onToken?: (id: number) => boolean | void;
}

/** What kind of block a family has. */
export interface Architecture {
  readonly norm: 'layer' | 'rms';
  readonly positions: 'learned' | 'rotary';
  readonly mlp: 'plain' | 'gated';
  /** RMSNorms over each head of q and k, between hook_q / hook_k and the rotation. */
  readonly headNorms?: true;
  /** Norms of what attention and MLP give, before it is added to the residual stream. */
  readonly postNorms?: true;
}

/** A linear map. `layout` says which axis of the weight is the input: Hugging Face's Linear is out-in, GPT-2's Conv1D in-out. */
export interface Linear {
  readonly weight: Tensor2D;
  readonly layout: 'in-out' | 'out-in';
  /** float32 [out] */
  readonly bias: Tensor1D | null;
}

/** float32 [width] each: dModel, or dHead where each head is normed. */
export interface Norm {
  readonly weight: Tensor1D;
  readonly bias: Tensor1D | null;
}

export interface BlockWeights {
  readonly ln1: Norm;
  /** Output axis: heads * dHead of q, then kvHeads * dHead of k, then of v. */
  readonly qkv: Linear;
  /** float32 [dHead] each, where the architecture has `headNorms` */
  readonly qNorm?: Norm;
  readonly kNorm?: Norm;
  readonly attnOut: Linear;
  /** Where the architecture has `postNorms`. */
  readonly ln1Post?: Norm;
  readonly ln2: Norm;
  /** Output axis: dMlp; of a gated MLP dMlp of the gate, then dMlp of the linear half. */
  readonly mlpIn: Linear;
  readonly mlpOut: Linear;
  readonly ln2Post?: Norm;
}

export interface DecoderWeights {
  /** float32 [vocab, dModel] */
  readonly embedding: Tensor2D;
  /** float32 [contextLength, dModel], of learned positions */
  readonly positions: Tensor2D | null;
  readonly blocks: readonly BlockWeights[];
  /** Blocks of models that Loupe trained, in the place of `blocks`, which is empty then. */
  readonly own?: OwnBlocks;
  readonly lnFinal: Norm;
  /** float32 [vocab, dModel]; the embedding itself when they are tied */
  readonly unembedding: Tensor2D;
  /** float64 [rotaryDim / 2]: what each rotary frequency is divided by, where the file says so */
  readonly ropeFactors: readonly number[] | null;
}

/** Blocks whose form and layer their kind computes (layers/definition.ts). */
export interface OwnBlocks {
  readonly kind: AnyLayerKind;
  readonly form: BlockForm;
  /** The layer's config, parsed. */
  readonly config: unknown;
  readonly size: ModelSize;
  readonly blocks: readonly Weights[];
  /** Where the weights stay as they are: tensors made of them alone, by block and name, which the model disposes. */
  readonly kept?: Map<string, Tensor>;
}

/** A model's tensors by name, whichever format they are in. `WeightLoader` (weights.ts) makes tensors of them. */
export interface WeightSource {
  readonly format: 'hugging-face' | 'gguf';
  readonly path: string;
  /** Shapes, outermost axis first. */
  readonly shapes: ReadonlyMap<string, readonly number[]>;
  /** The whole tensor as float32, dequantised, into `out` of its length. Kind not-found for an unknown name. */
  read(name: string, out: Float32Array<ArrayBuffer>): void;
  /** How the numbers are stored: F16, Q4_K... */
  dtype(name: string): string;
  /** The tensor's bytes as they lie in the file, in pieces. */
  bytes(name: string): Iterable<Uint8Array>;
  close(): void;
}

/** What a family's `load` builds its weights with; every method checks shapes and refuses NaN and infinity (kind not-finite). */
export interface WeightLoader {
  readonly format: WeightSource['format'];
  has(name: string): boolean;
  matrix(name: string, shape: readonly [number, number]): Tensor2D;
  /** float32, of any shape */
  tensor(name: string, shape: readonly number[]): Tensor;
  /** The maps of the same input, side by side: `parts` are [weight, bias or null, outputs]. A bias that is not in the file is left out. */
  linear(input: number, layout: Linear['layout'], parts: readonly LinearPart[]): Linear;
  /** `offset` is added to the weight: Gemma's files hold what is to be added to 1. */
  norm(weight: string, bias: string | null, width: number, offset?: number): Norm;
  vector(name: string, length: number): Float32Array;
}

export interface LinearPart {
  readonly weight: string;
  readonly bias: string | null;
  readonly outputs: number;
  /** Reorders, in place, the rows of an out-in weight [outputs, input] or the values of a bias: files store heads in other orders. */
  readonly rows?: (values: Float32Array<ArrayBuffer>) => void;
}

/** One model family: a file in `models/` and a line in the registry. */
export interface ModelFamily {
  readonly id: string;
  readonly title: string;
  /** `model_type` of config.json. */
  readonly modelTypes: readonly string[];
  /** `general.architecture` of a GGUF file. */
  readonly ggufArchitectures: readonly string[];
  readonly architecture: Architecture;
  /** `config` is config.json, parsed. Kind bad-config names the field; unsupported for an option that Loupe does not compute. */
  readHuggingFace(config: unknown, name: string): ModelConfig;
  readGguf(metadata: ReadonlyMap<string, GgufValue>, name: string): ModelConfig;
  load(loader: WeightLoader, config: ModelConfig): DecoderWeights;
}
