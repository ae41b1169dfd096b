/** Mistral (Jiang et al. 2023, 2310.06825): Llama with a sliding window where the config sets one. llama.cpp stores it as `llama`, and no window. */
import { LoupeError } from '../../../shared/errors.ts';
import { parseConfig, refuseOption, size } from '../configs.ts';
import type { ModelConfig, ModelFamily } from '../definition.ts';
import { describeLlama, llamaSchema, loadLlamaLike, slidingWindows, usableConfig } from '../llama-like.ts';

/** Only the first Mistral 7B leaves its window unsaid in some copies; later ones set it to null. */
const configSchema = llamaSchema.extend({ sliding_window: size.nullable().default(4096) });

function readHuggingFace(raw: unknown, name: string): ModelConfig {
  const config = parseConfig(configSchema, raw, name);
  const window = config.sliding_window;
  // transformers gives every block the same window whatever layer_types says: a config that says otherwise is of another family.
  const wanted = window === null ? 'full_attention' : 'sliding_attention';
  refuseOption(config.layer_types?.some((type) => type !== wanted) ?? false, name, 'layer_types that alternate (Ministral)');
  return usableConfig({ ...describeLlama('mistral', config, name), windows: slidingWindows(config, window, () => true, name) });
}

const architecture: ModelFamily['architecture'] = { norm: 'rms', positions: 'rotary', mlp: 'gated' };

export const mistral: ModelFamily = {
  id: 'mistral', title: 'Mistral', modelTypes: ['mistral'], ggufArchitectures: [], architecture,
  readHuggingFace,
  readGguf: () => {
    throw new LoupeError('defect', 'no GGUF architecture is named mistral');
  },
  load: (loader, config) => loadLlamaLike(loader, config, { architecture }),
};
