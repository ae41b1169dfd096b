/** Qwen3 (Yang et al. 2025, 2505.09388): Llama with an RMSNorm over each head of q and k, and heads of a width of their own. */
import { GgufFields, parseConfig } from '../configs.ts';
import type { ModelConfig, ModelFamily } from '../definition.ts';
import { describeLlama, describeLlamaGguf, loadLlamaLike, usableConfig } from '../llama-like.ts';
import { qwenSchema, qwenWindows } from './qwen2.ts';

function readHuggingFace(raw: unknown, name: string): ModelConfig {
  const config = parseConfig(qwenSchema, raw, name);
  const described = describeLlama('qwen3', { ...config, head_dim: config.head_dim ?? 128 }, name);
  return usableConfig({ ...described, windows: qwenWindows(config, name) });
}

const architecture: ModelFamily['architecture'] = { norm: 'rms', positions: 'rotary', mlp: 'gated', headNorms: true };

export const qwen3: ModelFamily = {
  id: 'qwen3', title: 'Qwen3', modelTypes: ['qwen3'], ggufArchitectures: ['qwen3'], architecture,
  readHuggingFace,
  readGguf: (metadata, name) => usableConfig(describeLlamaGguf('qwen3', new GgufFields(metadata, name), name)),
  load: (loader, config) => loadLlamaLike(loader, config, { architecture }),
};
