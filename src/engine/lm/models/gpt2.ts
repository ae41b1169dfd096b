/** GPT-2 (Radford et al. 2019): learned positions, LayerNorm, a plain MLP; weights of linear maps stand input first. */
import { z } from 'zod';
import { activationNames } from '../activations.ts';
import { checkedConfig, GgufFields, idList, parseConfig, refuseOption, size, tokenIds } from '../configs.ts';
import type { BlockWeights, DecoderWeights, ModelConfig, ModelFamily, WeightLoader } from '../definition.ts';

const configSchema = z.looseObject({
  n_layer: size,
  n_embd: size,
  n_head: size,
  n_inner: size.nullish(),
  n_positions: size,
  vocab_size: size,
  layer_norm_epsilon: z.number().positive().default(1e-5),
  activation_function: z.enum(activationNames).default('gelu_new'),
  scale_attn_weights: z.boolean().default(true),
  scale_attn_by_inverse_layer_idx: z.boolean().default(false),
  add_cross_attention: z.boolean().default(false),
  tie_word_embeddings: z.boolean().default(true),
  bos_token_id: z.number().nullish(),
  eos_token_id: tokenIds,
});

function readHuggingFace(raw: unknown, name: string): ModelConfig {
  const config = parseConfig(configSchema, raw, name);
  refuseOption(!config.scale_attn_weights, name, 'scale_attn_weights: false');
  refuseOption(config.scale_attn_by_inverse_layer_idx, name, 'scale_attn_by_inverse_layer_idx');
  refuseOption(config.add_cross_attention, name, 'add_cross_attention');
  return checkedConfig({
    family: 'gpt2', name, layers: config.n_layer, dModel: config.n_embd, heads: config.n_head, kvHeads: config.n_head,
    dHead: parseConfig(size, config.n_embd / config.n_head, `${name}: n_embd / n_head`), dMlp: config.n_inner ?? 4 * config.n_embd,
    vocab: config.vocab_size, contextLength: config.n_positions, normEps: config.layer_norm_epsilon, activation: config.activation_function,
    ropeTheta: null, ropeScaling: null, tiedEmbeddings: config.tie_word_embeddings,
    bosTokenId: config.bos_token_id ?? null, eosTokenIds: idList(config.eos_token_id),
  });
}

function readGguf(metadata: Parameters<ModelFamily['readGguf']>[0], name: string): ModelConfig {
  const fields = new GgufFields(metadata, name);
  const [dModel, heads, eos] = [fields.size('embedding_length'), fields.size('attention.head_count'), fields.tokenId('eos_token_id')];
  return checkedConfig({
    family: 'gpt2', name, layers: fields.size('block_count'), dModel, heads, kvHeads: heads,
    dHead: parseConfig(size, dModel / heads, `${name}: embedding_length / head_count`), dMlp: fields.size('feed_forward_length'),
    vocab: fields.vocab(), contextLength: fields.size('context_length'), normEps: fields.number('attention.layer_norm_epsilon', 1e-5), activation: 'gelu_new',
    ropeTheta: null, ropeScaling: null, tiedEmbeddings: true, bosTokenId: fields.tokenId('bos_token_id'), eosTokenIds: eos === null ? [] : [eos],
  });
}

/** Names of a block's parts: [module of Hugging Face, module of GGUF]. */
const modules = {
  ln1: ['ln_1', 'attn_norm'], qkv: ['attn.c_attn', 'attn_qkv'], attnOut: ['attn.c_proj', 'attn_output'],
  ln2: ['ln_2', 'ffn_norm'], mlpIn: ['mlp.c_fc', 'ffn_up'], mlpOut: ['mlp.c_proj', 'ffn_down'],
} as const;

function load(loader: WeightLoader, config: ModelConfig): DecoderWeights {
  const gguf = loader.format === 'gguf';
  // Checkpoints of the bare model have no "transformer." before the names.
  const root = gguf || loader.has('wte.weight') ? '' : 'transformer.';
  const embedding = loader.matrix(gguf ? 'token_embd.weight' : `${root}wte.weight`, [config.vocab, config.dModel]);
  const head = gguf ? 'output.weight' : 'lm_head.weight';
  const unembedding = loader.has(head) && (gguf || !config.tiedEmbeddings) ? loader.matrix(head, [config.vocab, config.dModel]) : embedding;
  const final = gguf ? 'output_norm' : `${root}ln_f`;
  return {
    embedding, unembedding, ropeFactors: null,
    positions: loader.matrix(gguf ? 'position_embd.weight' : `${root}wpe.weight`, [config.contextLength, config.dModel]),
    blocks: Array.from({ length: config.layers }, (_, layer) => loadBlock(loader, config, gguf ? `blk.${layer}.` : `${root}h.${layer}.`)),
    lnFinal: loader.norm(`${final}.weight`, `${final}.bias`, config.dModel),
  };
}

function loadBlock(loader: WeightLoader, { dModel, dMlp }: ModelConfig, prefix: string): BlockWeights {
  const gguf = loader.format === 'gguf';
  const name = (part: keyof typeof modules): string => prefix + modules[part][gguf ? 1 : 0];
  const norm = (part: 'ln1' | 'ln2'): BlockWeights['ln1'] => loader.norm(`${name(part)}.weight`, `${name(part)}.bias`, dModel);
  const linear = (part: keyof typeof modules, input: number, outputs: number): BlockWeights['qkv'] =>
    loader.linear(input, gguf ? 'out-in' : 'in-out', [{ weight: `${name(part)}.weight`, bias: `${name(part)}.bias`, outputs }]);
  return {
    ln1: norm('ln1'), qkv: linear('qkv', dModel, 3 * dModel), attnOut: linear('attnOut', dModel, dModel),
    ln2: norm('ln2'), mlpIn: linear('mlpIn', dModel, dMlp), mlpOut: linear('mlpOut', dMlp, dModel),
  };
}

export const gpt2: ModelFamily = {
  id: 'gpt2', title: 'GPT-2', modelTypes: ['gpt2'], ggufArchitectures: ['gpt2'],
  architecture: { norm: 'layer', positions: 'learned', mlp: 'plain' },
  readHuggingFace, readGguf, load,
};
