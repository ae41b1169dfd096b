/** What families built as Llama is have in common: the fields of their configs, and where their weights lie. A family's own file adds the rest. */
import { z } from 'zod';
import { LoupeError } from '../../shared/errors.ts';
import { activationNames } from './activations.ts';
import { checkedConfig, idList, parseConfig, refuseOption, size, tokenIds, type GgufFields } from './configs.ts';
import type { Architecture, BlockWeights, DecoderWeights, DescribedConfig, LinearPart, ModelConfig, Norm, WeightLoader } from './definition.ts';
import { ropeFrequencies } from './rope.ts';

const rope = z.record(z.string(), z.unknown()).nullish();
export const llamaSchema = z.looseObject({
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
  partial_rotary_factor: z.number().nullish(),
  tie_word_embeddings: z.boolean().default(false),
  layer_types: z.array(z.string()).nullish(),
  bos_token_id: z.number().nullish(),
  eos_token_id: tokenIds,
});
export type LlamaFields = z.infer<typeof llamaSchema>;

/** The wavelengths' base and their rescaling, as transformers 4 and 5 write them; kind unsupported for a rotation of another kind. */
export function readRope(fields: Pick<LlamaFields, 'rope_theta' | 'rope_scaling' | 'rope_parameters'>, name: string): Pick<ModelConfig, 'ropeTheta' | 'ropeScaling'> {
  const ropeScaling = fields.rope_parameters ?? fields.rope_scaling ?? null;
  const ofTypes = Object.keys(ropeScaling ?? {}).find((key) => key.endsWith('_attention'));
  refuseOption(ofTypes !== undefined, name, `rope_parameters.${ofTypes}, a rotation of its own for blocks of one kind`);
  const ropeTheta = fields.rope_theta ?? parseConfig(z.number().positive().default(10000), fields.rope_parameters?.['rope_theta'], `${name}: rope_theta`);
  return { ropeTheta, ropeScaling };
}

/** What Llama's own fields say about a model of `family`. */
export function describeLlama(family: string, fields: LlamaFields, name: string): DescribedConfig {
  const factor = fields.partial_rotary_factor ?? fields.rope_parameters?.['partial_rotary_factor'] ?? 1;
  refuseOption(factor !== 1, name, `partial_rotary_factor ${JSON.stringify(factor)}`);
  const heads = fields.num_attention_heads;
  return {
    family, name, layers: fields.num_hidden_layers, dModel: fields.hidden_size, heads, kvHeads: fields.num_key_value_heads ?? heads,
    dHead: fields.head_dim ?? parseConfig(size, fields.hidden_size / heads, `${name}: hidden_size / num_attention_heads`), dMlp: fields.intermediate_size,
    vocab: fields.vocab_size, contextLength: fields.max_position_embeddings, normEps: fields.rms_norm_eps, activation: fields.hidden_act,
    ...readRope(fields, name), tiedEmbeddings: fields.tie_word_embeddings,
    bosTokenId: fields.bos_token_id ?? null, eosTokenIds: idList(fields.eos_token_id),
  };
}

/** The same out of a GGUF file's metadata, under the prefix of its own architecture. */
export function describeLlamaGguf(family: string, fields: GgufFields, name: string): DescribedConfig {
  const [dModel, heads, eos] = [fields.size('embedding_length'), fields.size('attention.head_count'), fields.tokenId('eos_token_id')];
  const dHead = fields.size('attention.key_length', dModel / heads);
  const scaling = fields.text('rope.scaling.type');
  refuseOption(fields.number('expert_count', 0) > 0, name, `${fields.architecture}.expert_count (a mixture of experts)`);
  refuseOption(fields.number('rope.dimension_count', dHead) !== dHead, name, `${fields.architecture}.rope.dimension_count ${fields.number('rope.dimension_count', dHead)} in heads of ${dHead}`);
  refuseOption(!fields.flag('attention.causal', true), name, `${fields.architecture}.attention.causal false`);
  return {
    family, name, layers: fields.size('block_count'), dModel, heads, kvHeads: fields.size('attention.head_count_kv', heads), dHead,
    dMlp: fields.size('feed_forward_length'), vocab: fields.vocab(),
    contextLength: fields.size('context_length'), normEps: fields.number('attention.layer_norm_rms_epsilon', 1e-5), activation: 'silu',
    ropeTheta: fields.number('rope.freq_base', 10000),
    ropeScaling: scaling === null || scaling === 'none' ? null : { rope_type: scaling, factor: fields.number('rope.scaling.factor', 1) },
    tiedEmbeddings: false, bosTokenId: fields.tokenId('bos_token_id'), eosTokenIds: eos === null ? [] : [eos],
  };
}

/** Checks sizes, and what would only show in the first forward pass: a rope scaling that is not computed. */
export function usableConfig(described: DescribedConfig): ModelConfig {
  const config = checkedConfig(described);
  ropeFrequencies(config.rotaryDim, config.ropeTheta!, config.ropeScaling);
  return config;
}

/** Each block's window: as `layer_types` says, or where the family has it when the file does not. Kinds: unsupported, bad-config. */
export function slidingWindows({ layer_types: types, num_hidden_layers: layers }: LlamaFields, window: number | null, slides: (layer: number) => boolean, name: string): (number | null)[] {
  const other = types?.find((type) => type !== 'sliding_attention' && type !== 'full_attention');
  refuseOption(other !== undefined, name, `layer_types ${JSON.stringify(other)}`);
  if (types != null && types.length !== layers) throw new LoupeError('bad-config', `${name}: layer_types has ${types.length} entries for ${layers} blocks.`);
  return Array.from({ length: layers }, (_, layer) => {
    if (types == null) return slides(layer) ? window : null;
    if (types[layer] === 'full_attention') return null;
    if (window === null) throw new LoupeError('bad-config', `${name}: layer_types says sliding_attention of block ${layer}, and no sliding_window is set.`);
    return window;
  });
}

const tensors = {
  'hugging-face': {
    embedding: 'model.embed_tokens', final: 'model.norm', head: 'lm_head.weight', block: 'model.layers.', ln1: 'input_layernorm', ln2: 'post_attention_layernorm',
    q: 'self_attn.q_proj', k: 'self_attn.k_proj', v: 'self_attn.v_proj', o: 'self_attn.o_proj', gate: 'mlp.gate_proj', up: 'mlp.up_proj', down: 'mlp.down_proj',
    qNorm: 'self_attn.q_norm', kNorm: 'self_attn.k_norm',
    withPostNorms: { ln1Post: 'post_attention_layernorm', ln2: 'pre_feedforward_layernorm', ln2Post: 'post_feedforward_layernorm' },
  },
  gguf: {
    embedding: 'token_embd', final: 'output_norm', head: 'output.weight', block: 'blk.', ln1: 'attn_norm', ln2: 'ffn_norm',
    q: 'attn_q', k: 'attn_k', v: 'attn_v', o: 'attn_output', gate: 'ffn_gate', up: 'ffn_up', down: 'ffn_down',
    qNorm: 'attn_q_norm', kNorm: 'attn_k_norm',
    withPostNorms: { ln1Post: 'post_attention_norm', ln2: 'ffn_norm', ln2Post: 'post_ffw_norm' },
  },
} as const;

export interface LlamaVariant {
  readonly architecture: Architecture;
  /** Brings the rows of `heads` rotary heads of q or k into order, where the file has another. */
  readonly rotaryRows?: (heads: number) => LinearPart['rows'];
  /** What is added to the weights of RMSNorms. */
  readonly normOffset?: number;
}

/** The weights of such a model under the names of its format; biases, and what the architecture adds, where they belong. */
export function loadLlamaLike(loader: WeightLoader, config: ModelConfig, variant: LlamaVariant): DecoderWeights {
  const names = tensors[loader.format];
  const embedding = loader.matrix(`${names.embedding}.weight`, [config.vocab, config.dModel]);
  // A GGUF file without a head of its own shares the embedding; a config says so.
  const untied = loader.format === 'gguf' ? loader.has(names.head) : !config.tiedEmbeddings;
  return {
    embedding, positions: null,
    unembedding: untied ? loader.matrix(names.head, [config.vocab, config.dModel]) : embedding,
    ropeFactors: loader.format === 'gguf' && loader.has('rope_freqs.weight') ? [...loader.vector('rope_freqs.weight', config.rotaryDim / 2)] : null,
    blocks: Array.from({ length: config.layers }, (_, layer) => loadBlock(loader, config, variant, `${names.block}${layer}.`)),
    lnFinal: loader.norm(`${names.final}.weight`, null, config.dModel, variant.normOffset),
  };
}

function loadBlock(loader: WeightLoader, { dModel, dMlp, dHead, heads, kvHeads }: ModelConfig, variant: LlamaVariant, prefix: string): BlockWeights {
  const { architecture, rotaryRows, normOffset } = variant;
  const names = tensors[loader.format];
  const norm = (module: string, width = dModel): Norm => loader.norm(`${prefix}${module}.weight`, null, width, normOffset);
  const part = (module: string, outputs: number, rows?: LinearPart['rows']): LinearPart => ({
    weight: `${prefix}${module}.weight`, bias: `${prefix}${module}.bias`, outputs, ...(rows === undefined ? {} : { rows }),
  });
  const post = names.withPostNorms;
  return {
    ln1: norm(names.ln1),
    qkv: loader.linear(dModel, 'out-in', [part(names.q, heads * dHead, rotaryRows?.(heads)), part(names.k, kvHeads * dHead, rotaryRows?.(kvHeads)), part(names.v, kvHeads * dHead)]),
    ...(architecture.headNorms === true ? { qNorm: norm(names.qNorm, dHead), kNorm: norm(names.kNorm, dHead) } : {}),
    attnOut: loader.linear(heads * dHead, 'out-in', [part(names.o, dModel)]),
    ...(architecture.postNorms === true ? { ln1Post: norm(post.ln1Post), ln2: norm(post.ln2), ln2Post: norm(post.ln2Post) } : { ln2: norm(names.ln2) }),
    mlpIn: loader.linear(dModel, 'out-in', [part(names.gate, dMlp), part(names.up, dMlp)]),
    mlpOut: loader.linear(dMlp, 'out-in', [part(names.down, dModel)]),
  };
}
