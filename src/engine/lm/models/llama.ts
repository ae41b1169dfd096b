/** Llama (Touvron et al. 2023, 2302.13971) and what is built alike: SmolLM2, TinyLlama. Rotary positions, RMSNorm, a gated MLP, grouped keys. */
import { GgufFields, parseConfig } from '../configs.ts';
import type { LinearPart, ModelFamily } from '../definition.ts';
import { describeLlama, describeLlamaGguf, llamaSchema, loadLlamaLike, usableConfig } from '../llama-like.ts';

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

const architecture: ModelFamily['architecture'] = { norm: 'rms', positions: 'rotary', mlp: 'gated' };

export const llama: ModelFamily = {
  id: 'llama', title: 'Llama', modelTypes: ['llama'], ggufArchitectures: ['llama'], architecture,
  readHuggingFace: (raw, name) => usableConfig(describeLlama('llama', parseConfig(llamaSchema, raw, name), name)),
  readGguf: (metadata, name) => usableConfig(describeLlamaGguf('llama', new GgufFields(metadata, name), name)),
  load: (loader, config) => {
    const rotaryRows = (heads: number): LinearPart['rows'] => (loader.format === 'gguf' ? unpermuteHeads(heads, config.dHead) : undefined);
    return loadLlamaLike(loader, config, { architecture, rotaryRows });
  },
};
