/** A small Llama with seeded random weights and a tokenizer of bytes, as a Hugging Face folder. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeSafetensors, type TensorData } from '../../src/engine/formats/safetensors.ts';
import { Random } from '../../src/engine/random.ts';

const shape = { layers: 2, dModel: 16, heads: 2, kvHeads: 1, dHead: 8, dMlp: 24, vocab: 258 };

/** GPT-2's 256 printable stand-ins for bytes: a byte that prints stands for itself, the others begin at U+0100. */
export function byteCharacters(): string[] {
  const prints = (byte: number): boolean => (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
  let next = 256;
  return Array.from({ length: 256 }, (_, byte) => String.fromCodePoint(prints(byte) ? byte : next++));
}

function tokenizerJson(): object {
  const special = (id: number, content: string): object => ({ id, content, single_word: false, lstrip: false, rstrip: false, normalized: false, special: true });
  const vocab = Object.fromEntries([...byteCharacters().map((unit, byte) => [unit, byte]), ['<s>', 256], ['</s>', 257]]);
  return {
    version: '1.0', truncation: null, padding: null, added_tokens: [special(256, '<s>'), special(257, '</s>')], normalizer: null,
    pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true }, post_processor: null,
    decoder: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true },
    model: { type: 'BPE', dropout: null, unk_token: null, continuing_subword_prefix: null, end_of_word_suffix: null, fuse_unk: false, byte_fallback: false, vocab, merges: [] },
  };
}

function weights(seed: number, layers: number): Record<string, TensorData> {
  const random = Random.from(seed, 'tiny-llama');
  const { dModel, heads, kvHeads, dHead, dMlp, vocab } = shape;
  const matrix = (rows: number, columns: number): TensorData => ({ dtype: 'F32', shape: [rows, columns], data: random.normals(rows * columns, 0.2) });
  const ones = (): TensorData => ({ dtype: 'F32', shape: [dModel], data: new Float32Array(dModel).fill(1) });
  const tensors: Record<string, TensorData> = { 'model.embed_tokens.weight': matrix(vocab, dModel), 'model.norm.weight': ones(), 'lm_head.weight': matrix(vocab, dModel) };
  for (let layer = 0; layer < layers; layer++) {
    const at = `model.layers.${layer}.`;
    Object.assign(tensors, {
      [`${at}input_layernorm.weight`]: ones(), [`${at}post_attention_layernorm.weight`]: ones(),
      [`${at}self_attn.q_proj.weight`]: matrix(heads * dHead, dModel), [`${at}self_attn.k_proj.weight`]: matrix(kvHeads * dHead, dModel),
      [`${at}self_attn.v_proj.weight`]: matrix(kvHeads * dHead, dModel), [`${at}self_attn.o_proj.weight`]: matrix(dModel, heads * dHead),
      [`${at}mlp.gate_proj.weight`]: matrix(dMlp, dModel), [`${at}mlp.up_proj.weight`]: matrix(dMlp, dModel), [`${at}mlp.down_proj.weight`]: matrix(dModel, dMlp),
    });
  }
  return tensors;
}

function perturb(tensors: Record<string, TensorData>, scale: number, random: Random): void {
  for (const { shape: { length }, data } of Object.values(tensors)) {
    if (length === 2) for (let i = 0; i < data.length; i++) (data as Float32Array)[i]! += scale * random.normal();
  }
}

export interface TinyLlamaOptions {
  /** Blocks; 2 if not given. */
  readonly layers?: number;
  /** Adds Gaussian noise of this share of the weights' scale to every matrix, by a seed of its own. */
  readonly noise?: { readonly share: number; readonly seed: number };
}

/** Writes the model into `folder`; equal seeds give equal files. */
export function writeTinyLlama(folder: string, seed = 0, { layers = shape.layers, noise }: TinyLlamaOptions = {}): void {
  mkdirSync(folder, { recursive: true });
  const { dModel, heads, kvHeads, dHead, dMlp, vocab } = shape;
  const config = {
    architectures: ['LlamaForCausalLM'], model_type: 'llama', num_hidden_layers: layers, hidden_size: dModel, num_attention_heads: heads, num_key_value_heads: kvHeads,
    head_dim: dHead, intermediate_size: dMlp, max_position_embeddings: 64, vocab_size: vocab, rms_norm_eps: 1e-5, hidden_act: 'silu', rope_theta: 10000,
    tie_word_embeddings: false, bos_token_id: 256, eos_token_id: 257,
  };
  writeFileSync(join(folder, 'config.json'), JSON.stringify(config));
  writeFileSync(join(folder, 'tokenizer.json'), JSON.stringify(tokenizerJson()));
  writeFileSync(join(folder, 'tokenizer_config.json'), JSON.stringify({ tokenizer_class: 'PreTrainedTokenizerFast', bos_token: '<s>', eos_token: '</s>' }));
  const tensors = weights(seed, layers);
  if (noise !== undefined) perturb(tensors, 0.2 * noise.share, Random.from(noise.seed, 'noise'));
  writeSafetensors(join(folder, 'model.safetensors'), tensors);
}
