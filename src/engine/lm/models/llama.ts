/** Llama (Touvron et al. 2023, 2302.13971) and what is built alike: SmolLM2, TinyLlama. Rotary positions, RMSNorm, a gated MLP, grouped keys. */
import { z } from 'zod';
import { activationNames } from '../activations.ts';
import { checkedConfig, GgufFields, idList, parseConfig, size, tokenIds } from '../configs.ts';
import type { BlockWeights, DecoderWeights, LinearPart, ModelConfig, ModelFamily, WeightLoader } from '../definition.ts';
import { ropeFrequencies } from '../rope.ts';

const rope = z.record(z.string(), z.unknown()).nullish();
const configSchema = z.looseObject({
  num_hidden_layers: size,
  hidden_size: size,
  num_attention_heads: size,
  num_key_value_heads: size.nullish(),
  head_dim: size.nullish(),
  intermediate_size: size,
  max_position_embeddings: size,
  vocab_size: size,
  rms_norm_eps: z.number().positive().default(1e-6),
  hidden_act: z.enum(activationNames).default('silu'),
  rope_theta: z.number().positive().nullish(),
  rope_scaling: rope,
  /** What transformers 5 writes in place of the two above. */
  rope_parameters: rope,
  tie_word_embeddings: z.boolean().default(false),
  bos_token_id: z.number().nullish(),
  eos_token_id: tokenIds,
});

function readHuggingFace(raw: unknown, name: string): ModelConfig {
  const config = parseConfig(configSchema, raw, name);
  const scaling = config.rope_parameters ?? config.rope_scaling ?? null;
  const theta = config.rope_theta ?? parseConfig(z.number().positive().default(10000), config.rope_parameters?.['rope_theta'], `${name}: rope_theta`);
  const heads = config.num_attention_heads;
  return usable({
    family: 'llama', name, layers: config.num_hidden_layers, dModel: config.hidden_size, heads, kvHeads: config.num_key_value_heads ?? heads,
    dHead: config.head_dim ?? parseConfig(size, config.hidden_size / heads, `${name}: hidden_size / num_attention_heads`), dMlp: config.intermediate_size,
    vocab: config.vocab_size, contextLength: config.max_position_embeddings, normEps: config.rms_norm_eps, activation: config.hidden_act,
    ropeTheta: theta, ropeScaling: scaling, tiedEmbeddings: config.tie_word_embeddings,
    bosTokenId: config.bos_token_id ?? null, eosTokenIds: idList(config.eos_token_id),
  });
}

function readGguf(metadata: Parameters<ModelFamily['readGguf']>[0], name: string): ModelConfig {
  const fields = new GgufFields(metadata, name);
  const [dModel, heads, eos] = [fields.size('embedding_length'), fields.size('attention.head_count'), fields.tokenId('eos_token_id')];
  const scaling = fields.text('rope.scaling.type');
  return usable({
    family: 'llama', name, layers: fields.size('block_count'), dModel, heads, kvHeads: fields.size('attention.head_count_kv', heads),
    dHead: fields.size('attention.key_length', dModel / heads), dMlp: fields.size('feed_forward_length'), vocab: fields.vocab(),
    contextLength: fields.size('context_length'), normEps: fields.number('attention.layer_norm_rms_epsilon', 1e-5), activation: 'silu',
    ropeTheta: fields.number('rope.freq_base', 10000),
    ropeScaling: scaling === null || scaling === 'none' ? null : { rope_type: scaling, factor: fields.number('rope.scaling.factor', 1) },
    tiedEmbeddings: false, bosTokenId: fields.tokenId('bos_token_id'), eosTokenIds: eos === null ? [] : [eos],
  });
}

/** Checks what would only show in the first forward pass: a rope scaling that is not computed. */
function usable(config: ModelConfig): ModelConfig {
  const checked = checkedConfig(config);
  ropeFrequencies(checked.dHead, checked.ropeTheta!, checked.ropeScaling);
  return checked;
}

const tensors = {
  'hugging-face': {
    embedding: 'model.embed_tokens', final: 'model.norm', head: 'lm_head.weight', block: 'model.layers.', ln1: 'input_layernorm', ln2: 'post_attention_layernorm',
    q: 'self_attn.q_proj', k: 'self_attn.k_proj', v: 'self_attn.v_proj', o: 'self_attn.o_proj', gate: 'mlp.gate_proj', up: 'mlp.up_proj', down: 'mlp.down_proj',
  },
  gguf: {
    embedding: 'token_embd', final: 'output_norm', head: 'output.weight', block: 'blk.', ln1: 'attn_norm', ln2: 'ffn_norm',
    q: 'attn_q', k: 'attn_k', v: 'attn_v', o: 'attn_output', gate: 'ffn_gate', up: 'ffn_up', down: 'ffn_down',
  },
} as const;

/**
 * Undoes llama.cpp's order of rotary rows: within a head of width dHead it puts rows i and i + dHead / 2 side by side.
 * values float32 [heads * dHead, ...] are brought into the model's own order in place.
 */
export function unpermuteHeads(heads: number, dHead: number): (values: Float32Array<ArrayBuffer>) => void {
  return (values) => {
    const width = values.length / (heads * dHead);
    for (let head = 0; head < heads; head++) {
      const own = values.subarray(head * dHead * width, (head + 1) * dHead * width);
      const interleaved = own.slice();
      for (let row = 0; row < dHead; row++) {
        const target = (row >> 1) + (row & 1) * (dHead / 2);
        own.set(interleaved.subarray(row * width, (row + 1) * width), target * width);
      }
    }
  };
}

function load(loader: WeightLoader, config: ModelConfig): DecoderWeights {
  const names = tensors[loader.format];
  const embedding = loader.matrix(`${names.embedding}.weight`, [config.vocab, config.dModel]);
  const untied = loader.has(names.head) && !config.tiedEmbeddings;
  return {
    embedding, positions: null,
    unembedding: untied ? loader.matrix(names.head, [config.vocab, config.dModel]) : embedding,
    ropeFactors: loader.format === 'gguf' && loader.has('rope_freqs.weight') ? [...loader.vector('rope_freqs.weight', config.dHead / 2)] : null,
    blocks: Array.from({ length: config.layers }, (_, layer) => loadBlock(loader, config, `${names.block}${layer}.`)),
    lnFinal: loader.norm(`${names.final}.weight`, null, config.dModel),
  };
}

function loadBlock(loader: WeightLoader, { dModel, dMlp, dHead, heads, kvHeads }: ModelConfig, prefix: string): BlockWeights {
  const names = tensors[loader.format];
  const part = (module: string, outputs: number, rows?: LinearPart['rows']): LinearPart => ({
    weight: `${prefix}${module}.weight`, bias: `${prefix}${module}.bias`, outputs, ...(rows === undefined ? {} : { rows }),
  });
  const rotary = (count: number): LinearPart['rows'] => (loader.format === 'gguf' ? unpermuteHeads(count, dHead) : undefined);
  return {
    ln1: loader.norm(`${prefix}${names.ln1}.weight`, null, dModel),
    qkv: loader.linear(dModel, 'out-in', [part(names.q, heads * dHead, rotary(heads)), part(names.k, kvHeads * dHead, rotary(kvHeads)), part(names.v, kvHeads * dHead)]),
    attnOut: loader.linear(heads * dHead, 'out-in', [part(names.o, dModel)]),
    ln2: loader.norm(`${prefix}${names.ln2}.weight`, null, dModel),
    mlpIn: loader.linear(dModel, 'out-in', [part(names.gate, dMlp), part(names.up, dMlp)]),
    mlpOut: loader.linear(dMlp, 'out-in', [part(names.down, dModel)]),
  };
}

export const llama: ModelFamily = {
  id: 'llama', title: 'Llama', modelTypes: ['llama'], ggufArchitectures: ['llama'],
  architecture: { norm: 'rms', positions: 'rotary', mlp: 'gated' },
  readHuggingFace, readGguf, load,
};
