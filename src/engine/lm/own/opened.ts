/** A model that Loupe trained, as its parameters by name: to begin a training run with, or to make another model of. */
import { join } from 'node:path';
import { z } from 'zod';
import { LoupeError } from '../../../shared/errors.ts';
import { readJsonFile } from '../../tokenizers/load.ts';
import { openModel } from '../open.ts';
import { refuseNotFinite } from '../weights.ts';
import { ownModelType, shapeOf, type OwnShape } from './config.ts';
import { elementsOf, modelSpecs, type NamedSpec } from './parameters.ts';

export interface OpenedModel {
  readonly path: string;
  readonly shape: OwnShape;
  /** tokenizer.json */
  readonly tokenizer: unknown;
  /** The token between documents: its id and itself. */
  readonly eosTokenId: number;
  readonly eosToken: string;
  /** Whether the file holds a parameter of this name and shape. */
  has(spec: Pick<NamedSpec, 'name' | 'shape'>): boolean;
  /** A parameter's values, float32 [elements]. Kinds: not-finite, bad-file. */
  read(spec: Pick<NamedSpec, 'name' | 'shape'>): Float32Array;
  close(): void;
}

const endSchema = z.looseObject({ eos_token: z.string().max(1024) });

/** Kinds: those of opening a model; unsupported for one that Loupe did not train. */
export function openOwnModel(path: string): OpenedModel {
  const files = openModel(path);
  const { own, eosTokenIds } = files.config;
  if (files.family.id !== ownModelType || own === undefined) throw new LoupeError('unsupported', `${path} is a ${files.family.title} model: this works on models that Loupe trained.`);
  const end = endSchema.safeParse(readJsonFile(join(files.path, 'tokenizer_config.json')));
  if (!end.success || eosTokenIds.length === 0) throw new LoupeError('bad-config', `${path} does not say which token stands between documents: eos_token_id of config.json and eos_token of tokenizer_config.json are wanted.`);
  const source = files.openWeights();
  const has = ({ name, shape }: Pick<NamedSpec, 'name' | 'shape'>): boolean => source.shapes.get(name)?.join() === shape.join();
  return {
    path: files.path, shape: shapeOf(own.config), tokenizer: readJsonFile(join(files.path, 'tokenizer.json')), eosTokenId: eosTokenIds[0]!, eosToken: end.data.eos_token,
    has,
    read(spec) {
      if (!has(spec)) throw new LoupeError('bad-file', `${path}: model.safetensors has no ${spec.name} of the shape [${spec.shape.join(', ')}] that its config.json asks for`);
      const values = new Float32Array(elementsOf(spec.shape));
      source.read(spec.name, values);
      refuseNotFinite(values, spec.name, path);
      return values;
    },
    close: () => source.close(),
  };
}

/** The first values of a run whose model is `shape`, all from `model`: float32 [elements of the parameter]. Kind mismatch names what the model lacks or has otherwise. */
export function valuesFrom(model: OpenedModel, shape: OwnShape): (spec: NamedSpec) => Float32Array {
  const missing = modelSpecs(shape).filter((spec) => !model.has(spec)).map(({ name, shape: wanted }) => `${name} [${wanted.join(', ')}]`);
  if (missing.length > 0) {
    throw new LoupeError('mismatch', `from: ${model.path} has other parameters than this run: it lacks ${missing.slice(0, 4).join(', ')}${missing.length > 4 ? ` and ${missing.length - 4} more` : ''}. Leave sizes and the layer's shape as they are in that model.`);
  }
  return (spec) => model.read(spec);
}
