/** Up-cycling as a command: a trained dense GPT becomes a mixture of experts that computes almost the same (Komatsuzaki et al. 2022, arXiv 2212.05055). */
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { LoupeError } from '../../../shared/errors.ts';
import { writeJsonAtomic } from '../../files/atomic.ts';
import { scoped } from '../../ops/scope.ts';
import { Random } from '../../random.ts';
import { upcycleBlock } from '../layers/moe/upcycle-block.ts';
import { shapeOf, type OwnShape } from './config.ts';
import { writeOwnModel } from './files.ts';
import { openOwnModel, type OpenedModel } from './opened.ts';
import { countParameters, modelSpecs, startValues, type NamedSpec } from './parameters.ts';

const path = z.string().min(1).max(4096);

export const upcycleSchema = z.strictObject({
  model: path.describe('A dense GPT that Loupe trained'),
  out: path.describe('Folder of the new model'),
  arch: z.enum(['moe-x', 'switch']).default('moe-x').describe('Kind of layer that the MLPs become'),
  noise: z.number().min(0).max(10).default(0.02).describe('Spread of the noise that breaks ties, as a share of each matrix').meta({ unit: 'share' }),
  shift: z.number().min(0).max(10).default(0.1).describe("How far an expert's encoder rows move together, as a share of the matrix: what the sparsity-aware router tells experts apart by").meta({ unit: 'share' }),
  layer: z.record(z.string(), z.unknown()).default({}).describe("The layer's own fields, like experts and k; width and activation are the dense model's"),
  seed: z.int().min(0).max(0xffff_ffff).default(0).describe('Seed of noise, shift and router'),
  dtype: z.enum(['float32', 'float16']).default('float32').describe('How the weights are saved'),
});

export type UpcycleConfig = z.infer<typeof upcycleSchema>;

/** What a dense layer says of itself once it is a config's `layer`. */
const denseLayer = z.looseObject({ activation: z.string() });

/** The new model's shape. Kind unsupported where experts cannot be what the dense MLP is. */
function shapeOfExperts({ shape, path: from }: OpenedModel, { arch, layer }: UpcycleConfig): OwnShape {
  if (shape.kind.id !== 'dense') throw new LoupeError('unsupported', `${from} is of the kind ${shape.kind.id}: only a dense GPT can be up-cycled.`);
  const { activation } = denseLayer.parse(shape.layer);
  if (activation !== 'relu' && activation !== 'gelu') throw new LoupeError('unsupported', `${from} has ${activation} units: experts are plain MLPs with relu or gelu, so up-cycle a model that has one of those.`);
  if (arch === 'moe-x' && activation === 'gelu' && layer['activation'] !== 'gelu') {
    throw new LoupeError('unsupported', `${from} has gelu units, and MoE-X has relu, whose zeros its router predicts: up-cycle a dense model trained with activation relu, or say activation=gelu for the ablation.`);
  }
  return shapeOf({ ...shape.config, arch, layer: { activation, ...layer, width: shape.kind.units(shape.layer, shape.size) } });
}

/** The parameters of one block as experts, by their whole names. */
function expertsOfBlock(model: OpenedModel, block: number, experts: number, { noise, shift, seed }: UpcycleConfig): Map<string, Float32Array> {
  const prefix = `blocks.${block}.`;
  const own = modelSpecs(model.shape).filter((spec) => spec.block === block && spec.name.startsWith(`${prefix}mlp.`));
  return scoped(() => {
    const dense = Object.fromEntries(own.map((spec) => [spec.name.slice(prefix.length), tf.tensor(model.read(spec), [...spec.shape])]));
    const made = upcycleBlock(dense, { experts, noise, shift }, Random.from(seed, `up-cycling of block ${block}`));
    return new Map(Object.entries(made).map(([name, tensor]) => [prefix + name, tensor.dataSync() as Float32Array]));
  });
}

/**
 * Writes the folder of the new model. A router that the dense model has no counterpart of (Switch) starts at random; all else is the dense model's.
 *
 * Kinds: bad-config, unsupported, mismatch, those of opening a model, and of writing one.
 */
export function upcycleModel(config: UpcycleConfig): Record<string, unknown> {
  const model = openOwnModel(config.model);
  try {
    const shape = shapeOfExperts(model, config);
    const { experts } = z.looseObject({ experts: z.int() }).parse(shape.layer);
    const specs = new Map(modelSpecs(shape).map((spec) => [spec.name, spec]));
    let made = new Map<string, Float32Array>();
    let block = -1;
    const values = (spec: NamedSpec): Float32Array => {
      // Blocks come in order: one block's experts are held at a time.
      if (spec.block !== null && spec.block !== block) [block, made] = [spec.block, expertsOfBlock(model, spec.block, experts, config)];
      return made.get(spec.name) ?? (model.has(spec) ? model.read(spec) : startValues(spec, config.seed));
    };
    const { tokenizer, eosTokenId, eosToken } = model;
    const bytes = writeOwnModel(config.out, { shape, dtype: config.dtype === 'float16' ? 'F16' : 'F32', tokenizer, eosTokenId, eosToken, values: (name) => values(specs.get(name)!) });
    const { total, active } = countParameters(shape);
    const result = { model: config.out, from: model.path, arch: config.arch, experts, parameters: total, active_parameters: active, noise: config.noise, shift: config.shift, seed: config.seed, bytes };
    writeJsonAtomic(join(config.out, 'upcycle.json'), result);
    return result;
  } finally {
    model.close();
  }
}
