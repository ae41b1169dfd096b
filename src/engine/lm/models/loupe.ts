/** Models that Loupe trained itself, with any kind of layer (layers/registry.ts): learned positions, LayerNorm. */
import { LoupeError } from '../../../shared/errors.ts';
import type { DecoderWeights, ModelConfig, ModelFamily, WeightLoader } from '../definition.ts';
import { ownModelType, shapeOf } from '../own/config.ts';
import { readOwnConfig } from '../own/files.ts';
import { assemble } from '../own/parameters.ts';

function load(loader: WeightLoader, config: ModelConfig): DecoderWeights {
  const weights = assemble(shapeOf(config.own!.config), config.layers, ({ name, shape }) => loader.tensor(name, shape));
  return { ...weights, own: { ...weights.own!, kept: new Map() } };
}

export const loupe: ModelFamily = {
  id: ownModelType, title: 'Trained by Loupe', modelTypes: [ownModelType], ggufArchitectures: [],
  architecture: { norm: 'layer', positions: 'learned', mlp: 'plain' },
  readHuggingFace: readOwnConfig,
  readGguf: (_metadata, name) => {
    throw new LoupeError('unsupported', `${name}: models that Loupe trained are folders with config.json, not GGUF files.`);
  },
  load,
};
