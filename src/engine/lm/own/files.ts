/** The folder of a model that Loupe trained: config.json, model.safetensors and tokenizer.json, as every other model has. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import packageJson from '../../../../package.json' with { type: 'json' };
import { writeJsonAtomic } from '../../files/atomic.ts';
import { openSafetensorsWriter } from '../../formats/safetensors-writer.ts';
import { checkedConfig, parseConfig, tokenIds, idList } from '../configs.ts';
import type { ModelConfig } from '../definition.ts';
import { layerHooks, ownConfigSchema, ownModelType, shapeOf, type OwnConfig, type OwnShape } from './config.ts';
import { modelSpecs } from './parameters.ts';

const fileSchema = z.looseObject({ loupe: ownConfigSchema, eos_token_id: tokenIds });

/** What the forward pass needs of a shape. */
export function modelConfig(shape: OwnShape, name: string, eosTokenIds: readonly number[]): ModelConfig {
  const { config, kind, layer, size } = shape;
  return checkedConfig({
    family: ownModelType, name, layers: size.layers, dModel: size.dModel, heads: size.heads, kvHeads: size.heads, dHead: size.dModel / size.heads,
    dMlp: kind.units(layer, size), vocab: size.vocab, contextLength: size.context, normEps: 1e-5, activation: 'gelu', ropeTheta: null, ropeScaling: null,
    tiedEmbeddings: config.tiedEmbeddings, bosTokenId: null, eosTokenIds, own: { config, hooks: layerHooks(shape) },
  });
}

/** config.json of such a folder, parsed. Kind bad-config. */
export function readOwnConfig(raw: unknown, name: string): ModelConfig {
  const file = parseConfig(fileSchema, raw, name);
  return modelConfig(shapeOf(file.loupe), name, idList(file.eos_token_id));
}

/** The file's content. */
function configJson(config: OwnConfig, eosTokenId: number): Record<string, unknown> {
  return { model_type: ownModelType, architectures: ['LoupeForCausalLM'], written_by: `Loupe ${packageJson.version}`, vocab_size: config.vocab, eos_token_id: eosTokenId, loupe: config };
}

export interface OwnModelFile {
  readonly shape: OwnShape;
  readonly dtype: 'F32' | 'F16';
  /** tokenizer.json */
  readonly tokenizer: unknown;
  /** The token between documents, which ends a text: its id, and itself. */
  readonly eosTokenId: number;
  readonly eosToken: string;
  /** float32, as many as the parameter has */
  readonly values: (name: string) => Float32Array;
}

/** Writes the folder, which may exist; each file takes its place whole, the weights last. Gives the bytes of the weights. */
export function writeOwnModel(folder: string, { shape, dtype, tokenizer, eosTokenId, eosToken, values }: OwnModelFile): number {
  mkdirSync(folder, { recursive: true });
  writeJsonAtomic(join(folder, 'tokenizer.json'), tokenizer);
  writeJsonAtomic(join(folder, 'tokenizer_config.json'), { eos_token: eosToken });
  writeJsonAtomic(join(folder, 'config.json'), configJson(shape.config, eosTokenId));
  const specs = modelSpecs(shape);
  const writer = openSafetensorsWriter(join(folder, 'model.safetensors'), specs.map((spec) => ({ name: spec.name, dtype, shape: spec.shape })), { format: 'pt' });
  try {
    for (const { name } of specs) writer.write(name, values(name));
    return writer.finish();
  } finally {
    writer.abort();
  }
}
