/**
 * A language model with hooks, and what one file must export to add a family (docs/add-a-model-family.md).
 *
 * Hook points carry TransformerLens names: `blocks.9.hook_resid_post`, `blocks.0.attn.hook_q`, `ln_final.hook_scale`...
 */
import type { Tensor } from '@tensorflow/tfjs-core';
import type { ModelIdentity } from '../store/types.ts';
import type { Tokenizer } from '../tokenizers/types.ts';

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
  readonly activation: 'gelu' | 'gelu_new' | 'relu' | 'silu' | 'gelu_pytorch_tanh';
  readonly ropeTheta: number | null;
  readonly ropeScaling: Readonly<Record<string, unknown>> | null;
  readonly tiedEmbeddings: boolean;
  readonly bosTokenId: number | null;
  readonly eosTokenIds: readonly number[];
}

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
  /** Norm scales are taken as constants in the backward pass. */
  readonly freezeNorms?: boolean;
  /** Attention patterns are taken as constants in the backward pass. */
  readonly freezePatterns?: boolean;
  /** int32 [batch * length]: document of each token; attention stays within a document (`--isolate`). */
  readonly documents?: Int32Array;
  /** false leaves the unembedding out. */
  readonly logits?: boolean;
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
  /** The unembedding, float32 [dModel, vocab], a tensor owned by the model; and the final norm's weight, [dModel]. */
  readonly unembedding: Tensor;
  readonly finalNormWeight: Tensor | null;
  dispose(): void;
}

export interface GenerateOptions {
  readonly maxNewTokens: number;
  /** 0 is greedy. */
  readonly temperature?: number;
  readonly topP?: number;
  readonly seed?: number;
  readonly edits?: readonly HookEdit[];
  readonly stopIds?: readonly number[];
  readonly onToken?: (id: number) => boolean | void;
}
