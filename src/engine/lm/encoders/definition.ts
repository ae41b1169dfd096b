/**
 * A sentence encoder: text in, one vector of length 1 a text out. Beside the decoders of `models/` because it has no hooks, no cache and
 * no vocabulary to predict; what it gives is compared by dot products alone.
 */
import type { Tensor2D } from '@tensorflow/tfjs-core';
import type { ModelConfig, WeightLoader } from '../definition.ts';

/** The shape of an encoder, after the family has read its own config. */
export interface EncoderConfig {
  readonly family: string;
  readonly name: string;
  readonly layers: number;
  readonly dModel: number;
  readonly heads: number;
  readonly dMlp: number;
  readonly vocab: number;
  /** Tokens that have a position, the special ones included. */
  readonly positions: number;
  readonly tokenTypes: number;
  readonly normEps: number;
  readonly activation: ModelConfig['activation'];
  readonly padTokenId: number;
}

/** Texts as token ids, padded on the right to one length. */
export interface PaddedBatch {
  readonly batch: number;
  readonly length: number;
  /** int32 [batch * length] */
  readonly ids: Int32Array;
  /** float32 [batch * length]: 1 at tokens, 0 at padding */
  readonly mask: Float32Array;
}

/** An encoder's weights on the active backend. */
export interface EncoderBody {
  /** The last layer's values, float32 [batch * length, dModel]; those at padding say nothing. The caller disposes. */
  hidden(batch: PaddedBatch): Tensor2D;
  dispose(): void;
}

/** One family of encoders: a file in this folder and a line in `registry.ts`. */
export interface EncoderFamily {
  readonly id: string;
  readonly title: string;
  /** `model_type` of config.json. */
  readonly modelTypes: readonly string[];
  /** `config` is config.json, parsed. Kinds bad-config, unsupported. */
  readHuggingFace(config: unknown, name: string): EncoderConfig;
  load(loader: WeightLoader, config: EncoderConfig): EncoderBody;
}

export interface SentenceEncoder {
  readonly name: string;
  /** sha256 (hex) over the weights, the tokenizer and how tokens are pooled: two encoders with one hash give the same vectors. */
  readonly hash: string;
  /** Length of a vector. */
  readonly dim: number;
  /** What is beyond this many tokens of a text is not read. */
  readonly maxTokens: number;
  /** Unit vectors, float32 [texts, dim]. */
  encode(texts: readonly string[]): Float32Array;
  dispose(): void;
}
