/** A Llama of one block with seeded random weights and a byte-level tokenizer, as a GGUF file. */
import { writeFileSync } from 'node:fs';
import { Random } from '../../src/engine/random.ts';
import { f32Tensor, ggufFile, type TestTensor, type TestValue } from './gguf-file.ts';
import { byteCharacters } from './tiny-llama.ts';

const [dModel, dMlp, vocab] = [16, 24, 258];

export function tinyGgufMetadata(): Record<string, TestValue> {
  return {
    'general.architecture': 'llama', 'general.name': 'tiny', 'llama.block_count': 1, 'llama.context_length': 64, 'llama.embedding_length': dModel,
    'llama.feed_forward_length': dMlp, 'llama.attention.head_count': 2, 'llama.attention.head_count_kv': 1, 'llama.rope.freq_base': 10000,
    'llama.attention.layer_norm_rms_epsilon': 1e-5, 'tokenizer.ggml.model': 'gpt2', 'tokenizer.ggml.pre': 'gpt-2',
    'tokenizer.ggml.tokens': [...byteCharacters(), '<s>', '</s>'], 'tokenizer.ggml.token_type': [...new Array<number>(256).fill(1), 3, 3],
    'tokenizer.ggml.bos_token_id': 256, 'tokenizer.ggml.eos_token_id': 257,
  };
}

export function tinyGgufTensors(seed = 0): TestTensor[] {
  const random = Random.from(seed, 'tiny-gguf');
  const matrix = (name: string, rows: number, columns: number): TestTensor => f32Tensor(`${name}.weight`, [rows, columns], random.normals(rows * columns, 0.2));
  const ones = (name: string): TestTensor => f32Tensor(`${name}.weight`, [dModel], new Float32Array(dModel).fill(1));
  const at = (name: string): string => `blk.0.${name}`;
  return [
    matrix('token_embd', vocab, dModel), ones('output_norm'), ones(at('attn_norm')), ones(at('ffn_norm')),
    matrix(at('attn_q'), 16, dModel), matrix(at('attn_k'), 8, dModel), matrix(at('attn_v'), 8, dModel), matrix(at('attn_output'), dModel, 16),
    matrix(at('ffn_gate'), dMlp, dModel), matrix(at('ffn_up'), dMlp, dModel), matrix(at('ffn_down'), dModel, dMlp),
  ];
}

export function writeTinyGguf(path: string): void {
  writeFileSync(path, ggufFile(tinyGgufMetadata(), tinyGgufTensors()));
}
