/**
 * GPT-NeoX (Black et al. 2022, 2204.06745) and Pythia (Biderman et al. 2023, 2304.01373): LayerNorm, a plain MLP beside attention or behind it,
 * a rotation of the first part of each head.
 */
import { z } from 'zod';
import { activationNames } from '../activations.ts';
import { GgufFields, idList, parseConfig, size, tokenIds } from '../configs.ts';
import type { BlockWeights, DecoderWeights, Linear, LinearPart, ModelConfig, ModelFamily, Norm, WeightLoader } from '../definition.ts';
import { readRope, usableConfig } from '../llama-like.ts';

const rope = z.record(z.string(), z.unknown()).nullish();
const configSchema = z.looseObject({
  num_hidden_layers: size,
  hidden_size: size,
  num_attention_heads: size,
  intermediate_size: size,
  max_position_embeddings: size,
  vocab_size: size,
  layer_norm_eps: z.number().positive().default(1e-5),
  hidden_act: z.enum(activationNames).default('gelu'),
  use_parallel_residual: z.boolean().default(true),
  rotary_pct: z.number().positive().max(1).default(0.25),
  rotary_emb_base: z.number().positive().nullish(),
  rope_scaling: rope,
  /** What transformers 5 writes in place of the three above. */
  rope_parameters: rope,
  tie_word_embeddings: z.boolean().default(false),
  bos_token_id: z.number().nullish(),
  eos_token_id: tokenIds,
});

function readHuggingFace(raw: unknown, name: string): ModelConfig {
  const config = parseConfig(configSchema, raw, name);
  const part = parseConfig(z.number().positive().max(1), config.rope_parameters?.['partial_rotary_factor'] ?? config.rotary_pct, `${name}: partial_rotary_factor`);
  const [heads, dModel] = [config.num_attention_heads, config.hidden_size];
  const dHead = parseConfig(size, dModel / heads, `${name}: hidden_size / num_attention_heads`);
  return usableConfig({
    family: 'gpt-neox', name, layers: config.num_hidden_layers, dModel, heads, kvHeads: heads, dHead, dMlp: config.intermediate_size,
    vocab: config.vocab_size, contextLength: config.max_position_embeddings, normEps: config.layer_norm_eps, activation: config.hidden_act,
    ...readRope({ ...config, rope_theta: config.rotary_emb_base }, name), rotaryDim: Math.floor(dHead * part), parallel: config.use_parallel_residual,
    tiedEmbeddings: config.tie_word_embeddings, bosTokenId: config.bos_token_id ?? null, eosTokenIds: idList(config.eos_token_id),
  });
}

/** The file does not say which GELU: Pythia's is the exact one. */
function readGguf(metadata: Parameters<ModelFamily['readGguf']>[0], name: string): ModelConfig {
  const fields = new GgufFields(metadata, name);
  const [dModel, heads, eos] = [fields.size('embedding_length'), fields.size('attention.head_count'), fields.tokenId('eos_token_id')];
  const dHead = parseConfig(size, dModel / heads, `${name}: embedding_length / head_count`);
  return usableConfig({
    family: 'gpt-neox', name, layers: fields.size('block_count'), dModel, heads, kvHeads: heads, dHead, dMlp: fields.size('feed_forward_length'),
    vocab: fields.vocab(), contextLength: fields.size('context_length'), normEps: fields.number('attention.layer_norm_epsilon', 1e-5), activation: 'gelu',
    ropeTheta: fields.number('rope.freq_base', 10000), ropeScaling: null, rotaryDim: fields.size('rope.dimension_count', dHead),
    parallel: fields.flag('use_parallel_residual', true),
    tiedEmbeddings: false, bosTokenId: fields.tokenId('bos_token_id'), eosTokenIds: eos === null ? [] : [eos],
  });
}

/**
 * Hugging Face's rows stand head by head, q, k and v of each; brought into the order all q, all k, all v in place.
 * values float32 [heads * 3 * dHead, ...]
 */
export function ungroupHeads(heads: number, dHead: number): (values: Float32Array<ArrayBuffer>) => void {
  return (values) => {
    const run = values.length / (heads * 3);
    if (run % dHead !== 0) throw new RangeError(`${values.length} numbers are not ${heads} heads of 3 times ${dHead} rows`);
    const grouped = values.slice();
    for (let head = 0; head < heads; head++) {
      for (let which = 0; which < 3; which++) {
        const from = (head * 3 + which) * run;
        values.set(grouped.subarray(from, from + run), (which * heads + head) * run);
      }
    }
  };
}

/** Names of a block's parts: [module of Hugging Face, module of GGUF]. */
const modules = {
  ln1: ['input_layernorm', 'attn_norm'], qkv: ['attention.query_key_value', 'attn_qkv'], attnOut: ['attention.dense', 'attn_output'],
  ln2: ['post_attention_layernorm', 'ffn_norm'], mlpIn: ['mlp.dense_h_to_4h', 'ffn_up'], mlpOut: ['mlp.dense_4h_to_h', 'ffn_down'],
} as const;

function load(loader: WeightLoader, config: ModelConfig): DecoderWeights {
  const gguf = loader.format === 'gguf';
  const embedding = loader.matrix(gguf ? 'token_embd.weight' : 'gpt_neox.embed_in.weight', [config.vocab, config.dModel]);
  // transformers 5.14 renamed embed_out.
  const head = gguf ? 'output.weight' : loader.has('lm_head.weight') ? 'lm_head.weight' : 'embed_out.weight';
  const untied = gguf ? loader.has(head) : !config.tiedEmbeddings;
  const final = gguf ? 'output_norm' : 'gpt_neox.final_layer_norm';
  return {
    embedding, positions: null, ropeFactors: null,
    unembedding: untied ? loader.matrix(head, [config.vocab, config.dModel]) : embedding,
    blocks: Array.from({ length: config.layers }, (_, layer) => loadBlock(loader, config, gguf ? `blk.${layer}.` : `gpt_neox.layers.${layer}.`)),
    lnFinal: loader.norm(`${final}.weight`, `${final}.bias`, config.dModel),
  };
}

function loadBlock(loader: WeightLoader, { dModel, dMlp, heads, dHead }: ModelConfig, prefix: string): BlockWeights {
  const gguf = loader.format === 'gguf';
  const name = (part: keyof typeof modules): string => prefix + modules[part][gguf ? 1 : 0];
  const norm = (part: 'ln1' | 'ln2'): Norm => loader.norm(`${name(part)}.weight`, `${name(part)}.bias`, dModel);
  const linear = (part: keyof typeof modules, input: number, outputs: number, rows?: LinearPart['rows']): Linear =>
    loader.linear(input, 'out-in', [{ weight: `${name(part)}.weight`, bias: `${name(part)}.bias`, outputs, ...(rows === undefined ? {} : { rows }) }]);
  return {
    ln1: norm('ln1'), qkv: linear('qkv', dModel, 3 * dModel, gguf ? undefined : ungroupHeads(heads, dHead)), attnOut: linear('attnOut', dModel, dModel),
    ln2: norm('ln2'), mlpIn: linear('mlpIn', dModel, dMlp), mlpOut: linear('mlpOut', dMlp, dModel),
  };
}

export const gptNeox: ModelFamily = {
  id: 'gpt-neox', title: 'GPT-NeoX', modelTypes: ['gpt_neox'], ggufArchitectures: ['gptneox'],
  architecture: { norm: 'layer', positions: 'rotary', mlp: 'plain' },
  readHuggingFace, readGguf, load,
};
