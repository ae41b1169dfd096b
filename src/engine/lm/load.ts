/** Loading a model, and looking at one without loading it. */
import * as tf from '@tensorflow/tfjs-core';
import type { ModelInfo } from '../../shared/schema/workspace.ts';
import type { DecoderWeights, LanguageModel, ModelConfig, ModelFamily, WeightSource } from './definition.ts';
import { HookTable } from './hook-names.ts';
import { modelHash } from './identity.ts';
import { DecoderModel } from './model.ts';
import { openModel } from './open.ts';
import { Loader } from './weights.ts';

export interface LoadOptions {
  /** Load blocks 0..layers-1 alone: enough for hooks below. The model then has no logits of its own worth the name. */
  readonly layers?: number;
}

/**
 * Loads the model at `path`: a Hugging Face folder or a GGUF file. A backend must be active (`loadBackend`).
 *
 * Kinds: not-found, bad-file, bad-config, mismatch (shapes), not-finite (NaN in weights), unsupported (an architecture, an option,
 * a weight type).
 */
export async function loadModel(path: string, options: LoadOptions = {}): Promise<LanguageModel> {
  await tf.ready();
  const files = openModel(path);
  const config = options.layers === undefined ? files.config : { ...files.config, layers: Math.min(options.layers, files.config.layers) };
  const tokenizer = files.tokenizer();
  const source = files.openWeights();
  try {
    const hash = modelHash(source, files.weightFiles);
    const weights = loadWeights(files.family, config, source);
    const identity = { name: config.name, family: config.family, dModel: config.dModel, layers: files.config.layers, hash, tokenizerHash: tokenizer.hash };
    return new DecoderModel({ config, architecture: files.family.architecture, weights }, identity, tokenizer);
  } finally {
    source.close();
  }
}

/** The family's weights as tensors of the active backend; on an error what was made is freed. */
export function loadWeights(family: ModelFamily, config: ModelConfig, source: WeightSource): DecoderWeights {
  const loader = new Loader(source);
  try {
    return family.load(loader, config);
  } catch (error) {
    tf.dispose([...loader.made]);
    throw error;
  }
}

/** What a model is, without its weights: milliseconds, whatever its size. Kinds as `loadModel`, but for what only weights show. */
export function inspectModel(path: string): ModelInfo {
  const { config, family, format, path: absolute, openWeights } = openModel(path);
  const source = openWeights();
  source.close();
  const table = new HookTable(config, family.architecture);
  let parameters = 0;
  for (const shape of source.shapes.values()) parameters += shape.reduce((a, b) => a * b, 1);
  return {
    path: absolute, name: config.name, family: family.id, format,
    layers: config.layers, dModel: config.dModel, heads: config.heads, vocab: config.vocab, contextLength: config.contextLength, parameters,
    hooks: table.names.flatMap((name) => {
      const d = table.width(name);
      return d === null || name.endsWith('.hook_scale') ? [] : [{ name, d }];
    }),
  };
}
