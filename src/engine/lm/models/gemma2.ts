/**
 * Gemma 2 (Gemma Team 2024, 2408.00118): soft caps on attention scores and logits, every second block with a sliding window, norms before and
 * behind both halves of a block, embeddings times sqrt(dModel).
 */
import { z } from 'zod';
import { activationNames } from '../activations.ts';
import { GgufFields, parseConfig, refuseOption, size } from '../configs.ts';
import type { ModelConfig, ModelFamily } from '../definition.ts';
import { describeLlama, describeLlamaGguf, llamaSchema, loadLlamaLike, slidingWindows, usableConfig } from '../llama-like.ts';

const positive = z.number().positive();
const cap = positive.nullable();
const configSchema = llamaSchema.extend({
  head_dim: size.default(256),
  hidden_activation: z.enum(activationNames).nullish(),
  query_pre_attn_scalar: positive.default(256),
  attn_logit_softcapping: cap.default(50),
  final_logit_softcapping: cap.default(30),
  sliding_window: size.nullable().default(4096),
  use_bidirectional_attention: z.boolean().nullish(),
  // transformers leaves it out of the file where it is true.
  tie_word_embeddings: z.boolean().default(true),
});

/** Blocks 0, 2, 4... see a window. */
const slides = (layer: number): boolean => layer % 2 === 0;

function readHuggingFace(raw: unknown, name: string): ModelConfig {
  const config = parseConfig(configSchema, raw, name);
  refuseOption(config.use_bidirectional_attention === true, name, 'use_bidirectional_attention');
  return usableConfig({
    ...describeLlama('gemma2', config, name), activation: config.hidden_activation ?? 'gelu_pytorch_tanh', embeddingScale: Math.sqrt(config.hidden_size),
    attnDivisor: Math.sqrt(config.query_pre_attn_scalar), attnSoftCap: config.attn_logit_softcapping, logitSoftCap: config.final_logit_softcapping,
    windows: slidingWindows(config, config.sliding_window, slides, name),
  });
}

/** llama.cpp's file has no query_pre_attn_scalar: it is the heads' width, but in the model of 27 billion, which alone has 46 blocks. */
function readGguf(metadata: Parameters<ModelFamily['readGguf']>[0], name: string): ModelConfig {
  const fields = new GgufFields(metadata, name);
  const described = describeLlamaGguf('gemma2', fields, name);
  const { layers, dModel, heads, dHead } = described;
  const period = fields.number('attention.sliding_window_pattern', 2);
  refuseOption(period !== 2, name, `gemma2.attention.sliding_window_pattern ${period}`);
  const window = fields.size('attention.sliding_window', 4096);
  const capOf = (key: string, fallback: number): number => parseConfig(positive, fields.number(key, fallback), `${name}: gemma2.${key}`);
  return usableConfig({
    ...described, activation: 'gelu_pytorch_tanh', embeddingScale: Math.sqrt(dModel), attnDivisor: Math.sqrt(layers === 46 ? dModel / heads : dHead),
    attnSoftCap: capOf('attn_logit_softcapping', 50), logitSoftCap: capOf('final_logit_softcapping', 30),
    windows: Array.from({ length: layers }, (_, layer) => (slides(layer) ? window : null)),
  });
}

const architecture: ModelFamily['architecture'] = { norm: 'rms', positions: 'rotary', mlp: 'gated', postNorms: true };

export const gemma2: ModelFamily = {
  id: 'gemma2', title: 'Gemma 2', modelTypes: ['gemma2'], ggufArchitectures: ['gemma2'], architecture,
  readHuggingFace, readGguf,
  // Hugging Face's norms multiply by 1 + w; llama.cpp's converter has added the 1.
  load: (loader, config) => loadLlamaLike(loader, config, { architecture, normOffset: loader.format === 'gguf' ? 0 : 1 }),
};
