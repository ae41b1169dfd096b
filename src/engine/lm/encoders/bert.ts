/**
 * BERT (Devlin et al. 2019, 1810.04805) as an encoder: learned positions, token types, LayerNorm after each part, attention both ways.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { LoupeError } from '../../../shared/errors.ts';
import { activate, activationNames } from '../activations.ts';
import { parseConfig, refuseOption, size } from '../configs.ts';
import type { Linear, Norm, WeightLoader } from '../definition.ts';
import { applyLinear, splitColumns } from '../linear.ts';
import type { EncoderBody, EncoderConfig, EncoderFamily, PaddedBatch } from './definition.ts';

const configSchema = z.looseObject({
  num_hidden_layers: size.max(4096),
  hidden_size: size,
  num_attention_heads: size,
  intermediate_size: size,
  vocab_size: size,
  max_position_embeddings: size,
  type_vocab_size: size.default(2),
  layer_norm_eps: z.number().positive().default(1e-12),
  hidden_act: z.enum(activationNames).default('gelu'),
  pad_token_id: z.number().int().nonnegative().nullish(),
  position_embedding_type: z.string().default('absolute'),
  is_decoder: z.boolean().default(false),
});

function readHuggingFace(raw: unknown, name: string): EncoderConfig {
  const config = parseConfig(configSchema, raw, name);
  refuseOption(config.position_embedding_type !== 'absolute', name, `position_embedding_type: ${config.position_embedding_type}`);
  refuseOption(config.is_decoder, name, 'is_decoder');
  if (config.hidden_size % config.num_attention_heads !== 0) {
    throw new LoupeError('bad-config', `${name}: ${config.num_attention_heads} heads cannot share a width of ${config.hidden_size}. Fetch the config again.`);
  }
  return {
    family: 'bert', name, layers: config.num_hidden_layers, dModel: config.hidden_size, heads: config.num_attention_heads, dMlp: config.intermediate_size,
    vocab: config.vocab_size, positions: config.max_position_embeddings, tokenTypes: config.type_vocab_size, normEps: config.layer_norm_eps,
    activation: config.hidden_act, padTokenId: config.pad_token_id ?? 0,
  };
}

interface Block {
  /** Output axis: q, k, v. */
  readonly qkv: Linear;
  readonly attnOut: Linear;
  readonly attnNorm: Norm;
  readonly mlpIn: Linear;
  readonly mlpOut: Linear;
  readonly mlpNorm: Norm;
}

interface Weights {
  /** float32 [vocab, dModel], [positions, dModel], [tokenTypes, dModel] */
  readonly words: Tensor2D;
  readonly positions: Tensor2D;
  readonly types: Tensor2D;
  readonly norm: Norm;
  readonly blocks: readonly Block[];
}

function load(loader: WeightLoader, config: EncoderConfig): EncoderBody {
  const { dModel } = config;
  // Checkpoints with a head on top have "bert." before the names.
  const root = loader.has('embeddings.word_embeddings.weight') ? '' : 'bert.';
  const table = (name: string, rows: number): Tensor2D => loader.matrix(`${root}embeddings.${name}.weight`, [rows, dModel]);
  const weights: Weights = {
    words: table('word_embeddings', config.vocab), positions: table('position_embeddings', config.positions), types: table('token_type_embeddings', config.tokenTypes),
    norm: loader.norm(`${root}embeddings.LayerNorm.weight`, `${root}embeddings.LayerNorm.bias`, dModel),
    blocks: Array.from({ length: config.layers }, (_, layer) => loadBlock(loader, config, `${root}encoder.layer.${layer}.`)),
  };
  return { hidden: (batch) => tf.tidy(() => forward(batch, weights, config)), dispose: () => tf.dispose(weights as unknown as tf.TensorContainer) };
}

function loadBlock(loader: WeightLoader, { dModel, dMlp }: EncoderConfig, prefix: string): Block {
  const linear = (input: number, outputs: number, ...names: string[]): Linear =>
    loader.linear(input, 'out-in', names.map((name) => ({ weight: `${prefix}${name}.weight`, bias: `${prefix}${name}.bias`, outputs })));
  const norm = (name: string): Norm => loader.norm(`${prefix}${name}.LayerNorm.weight`, `${prefix}${name}.LayerNorm.bias`, dModel);
  return {
    qkv: linear(dModel, dModel, 'attention.self.query', 'attention.self.key', 'attention.self.value'),
    attnOut: linear(dModel, dModel, 'attention.output.dense'), attnNorm: norm('attention.output'),
    mlpIn: linear(dModel, dMlp, 'intermediate.dense'), mlpOut: linear(dMlp, dModel, 'output.dense'), mlpNorm: norm('output'),
  };
}

/** Nobody asks for gradients of an encoder. */
const run = { differentiable: false } as const;

function forward({ batch, length, ids, mask }: PaddedBatch, weights: Weights, config: EncoderConfig): Tensor2D {
  const { dModel } = config;
  if (length > config.positions) throw new LoupeError('bad-request', `${config.name} reads ${config.positions} tokens at most, and a text has ${length}. Shorten it.`);
  const words = tf.gather(weights.words, tf.tensor1d(ids, 'int32'));
  const places = tf.add(tf.slice(weights.positions, [0, 0], [length, dModel]), tf.slice(weights.types, [0, 0], [1, dModel]));
  const embedded = tf.reshape(tf.add(tf.reshape(words, [batch, length, dModel]), tf.expandDims(places, 0)), [batch * length, dModel]) as Tensor2D;
  // Far below any score: its exponential is 0, and a row of nothing but padding stays finite.
  const bias = tf.tensor4d(mask.map((kept) => (kept === 1 ? 0 : -1e9)), [batch, 1, 1, length]);
  let x = layerNorm(embedded, weights.norm, config.normEps);
  for (const block of weights.blocks) {
    // One block's values are freed before the next begins.
    const before = x;
    x = tf.tidy(() => blockOf(before, block, config, batch, length, bias));
    before.dispose();
  }
  return x;
}

/** x float32 [batch * length, dModel] -> the same shape. Each part's LayerNorm follows its addition. */
function blockOf(x: Tensor2D, block: Block, config: EncoderConfig, batch: number, length: number, bias: Tensor4D): Tensor2D {
  const attended = applyLinear(attention(applyLinear(x, block.qkv, run), config, batch, length, bias), block.attnOut, run);
  const middle = layerNorm(tf.add(x, attended), block.attnNorm, config.normEps);
  const mapped = applyLinear(activate(applyLinear(middle, block.mlpIn, run), config.activation), block.mlpOut, run);
  return layerNorm(tf.add(middle, mapped), block.mlpNorm, config.normEps);
}

/** qkv float32 [batch * length, 3 * dModel], bias [batch, 1, 1, length] -> float32 [batch * length, dModel]. */
function attention(qkv: Tensor2D, { heads, dModel }: EncoderConfig, batch: number, length: number, bias: Tensor4D): Tensor2D {
  const dHead = dModel / heads;
  const [q, k, v] = splitColumns(qkv, [dModel, dModel, dModel]).map((part) => tf.transpose(tf.reshape(part, [batch, length, heads, dHead]), [0, 2, 1, 3])) as [Tensor4D, Tensor4D, Tensor4D];
  const pattern = tf.softmax(tf.add(tf.mul(tf.matMul(q, k, false, true), 1 / Math.sqrt(dHead)), bias)) as Tensor4D;
  return tf.reshape(tf.transpose(tf.matMul(pattern, v), [0, 2, 1, 3]), [batch * length, dModel]);
}

/** Ba et al. 2016, 1607.06450, eq. 3. x float32 [rows, d] -> the same shape. */
function layerNorm(x: Tensor, { weight, bias }: Norm, eps: number): Tensor2D {
  const centred = tf.sub(x, tf.mean(x, 1, true));
  const scaled = tf.div(centred, tf.sqrt(tf.add(tf.mean(tf.square(centred), 1, true), eps)));
  return tf.add(tf.mul(scaled, weight), bias!) as Tensor2D;
}

export const bert: EncoderFamily = { id: 'bert', title: 'BERT', modelTypes: ['bert'], readHuggingFace, load };
