/** Qwen2 and Qwen2.5 (Yang et al. 2024, 2407.10671): Llama with biases of q, k and v, which are read where the file has them. */
import { z } from 'zod';
import { GgufFields, parseConfig, size } from '../configs.ts';
import type { ModelConfig, ModelFamily } from '../definition.ts';
import { describeLlama, describeLlamaGguf, llamaSchema, loadLlamaLike, slidingWindows, usableConfig, type LlamaFields } from '../llama-like.ts';

/** Blocks from max_window_layers on slide, where the window is switched on at all. */
export const qwenSchema = llamaSchema.extend({
  use_sliding_window: z.boolean().default(false),
  sliding_window: size.nullable().default(4096),
  max_window_layers: z.number().int().nonnegative().default(28),
});

/** Each block's window, of Qwen2 and Qwen3; kinds unsupported and bad-config as `slidingWindows`. */
export function qwenWindows(config: z.infer<typeof qwenSchema>, name: string): ModelConfig['windows'] {
  const window = config.use_sliding_window ? config.sliding_window : null;
  return slidingWindows(config as LlamaFields, window, (layer) => layer >= config.max_window_layers, name);
}

function readHuggingFace(raw: unknown, name: string): ModelConfig {
  const config = parseConfig(qwenSchema, raw, name);
  return usableConfig({ ...describeLlama('qwen2', config, name), windows: qwenWindows(config, name) });
}

const architecture: ModelFamily['architecture'] = { norm: 'rms', positions: 'rotary', mlp: 'gated' };

export const qwen2: ModelFamily = {
  id: 'qwen2', title: 'Qwen2', modelTypes: ['qwen2'], ggufArchitectures: ['qwen2'], architecture,
  readHuggingFace,
  readGguf: (metadata, name) => usableConfig(describeLlamaGguf('qwen2', new GgufFields(metadata, name), name)),
  load: (loader, config) => loadLlamaLike(loader, config, { architecture }),
};
