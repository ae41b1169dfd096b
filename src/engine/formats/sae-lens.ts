/** Dictionaries as SAELens folders: cfg.json and sae_weights.safetensors (sae-standard.md section 10). */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { LoupeError, nearestName } from '../../shared/errors.ts';
import { writeJsonAtomic } from '../files/atomic.ts';
import { foldDecoderNorm, transpose } from '../sae/weights.ts';
import type { DictionaryWeights, InputNorm, PlainForm } from '../sae/weights.ts';
import { openSafetensors, writeSafetensors } from './safetensors.ts';
import type { SafetensorsFile } from './safetensors.ts';

export const configFile = 'cfg.json';
export const weightsFile = 'sae_weights.safetensors';
/** The version whose files we write: folders without one at least 6 are read as the old flat form. */
const writtenVersion = '6.54.12';
const largestConfig = 4 * 1024 * 1024;

const dimension = z.int().min(1).max(16_777_216);
const metadataSchema = z.looseObject({
  sae_lens_version: z.string().nullish(),
  model_name: z.string().nullish(),
  hook_name: z.string().nullish(),
  context_size: z.int().min(1).nullish(),
  prepend_bos: z.boolean().nullish(),
});
const configSchema = z.looseObject({
  architecture: z.string(),
  d_in: dimension,
  d_sae: dimension,
  dtype: z.string().optional(),
  apply_b_dec_to_input: z.boolean().default(true),
  normalize_activations: z.string().default('none'),
  rescale_acts_by_decoder_norm: z.boolean().default(false),
  k: z.number().int().min(1).optional(),
  metadata: metadataSchema.default({}),
});

export type SaeLensConfig = z.infer<typeof configSchema>;

export interface SaeLensDictionary {
  readonly config: SaeLensConfig;
  readonly weights: DictionaryWeights;
}

/** True where a folder holds a SAELens dictionary. */
export function isSaeLensFolder(folder: string): boolean {
  return existsSync(join(folder, configFile)) && existsSync(join(folder, weightsFile));
}

/** cfg.json, parsed and brought to the form of SAELens 6. Kinds: not-found, bad-file. */
export function readSaeLensConfig(folder: string): SaeLensConfig {
  const path = join(folder, configFile);
  if (!existsSync(path)) throw new LoupeError('not-found', `${folder} has no ${configFile}: it is no SAELens dictionary folder.`);
  const raw = readJson(path);
  const parsed = configSchema.safeParse(isOldForm(raw) ? fromOldForm(raw) : raw);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0]!;
  const key = issue.path.join('.');
  const near = nearestName(key, Object.keys(raw));
  const hint = near === undefined || near === key ? '' : `; the nearest key in the file is ${near}`;
  throw new LoupeError('bad-file', `${path}: ${key}: ${issue.message}${hint}.`);
}

/** A JSON object of bounded size. Kind bad-file. */
export function readJson(path: string): Record<string, unknown> {
  try {
    if (statSync(path).size > largestConfig) throw new Error(`over ${largestConfig} bytes`);
    const value: unknown = JSON.parse(readFileSync(path, 'utf8'));
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error('not an object');
    return value as Record<string, unknown>;
  } catch (cause) {
    throw new LoupeError('bad-file', `${path} is not usable JSON (${(cause as Error).message}). Save the dictionary again.`, undefined, { cause });
  }
}

function isOldForm(raw: Readonly<Record<string, unknown>>): boolean {
  const metadata = raw['metadata'] as { sae_lens_version?: unknown } | undefined;
  const version = raw['sae_lens_version'] ?? metadata?.sae_lens_version;
  return typeof version !== 'string' || Number.parseInt(version, 10) < 6;
}

/** The flat form before 6.0, with its names and defaults. */
function fromOldForm(old: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const hook = old['hook_name'] ?? old['hook_point'];
  const activation = old['activation_fn'] ?? old['activation_fn_str'];
  const k = (old['activation_fn_kwargs'] as { k?: unknown } | undefined)?.k;
  const normalize = old['normalize_activations'];
  return {
    ...old,
    architecture: activation === 'topk' ? 'topk' : (old['architecture'] ?? 'standard'),
    apply_b_dec_to_input: old['apply_b_dec_to_input'] ?? true,
    normalize_activations: normalize === true ? 'expected_average_only_in' : (normalize || 'none'),
    ...(activation === 'topk' && k !== undefined ? { k } : {}),
    metadata: {
      ...(old['metadata'] as object | undefined), model_name: old['model_name'], hook_name: hook,
      context_size: old['context_size'], prepend_bos: old['prepend_bos'] ?? true,
    },
  };
}

const inputNorms: Readonly<Record<string, InputNorm>> = {
  none: 'none', constant_norm_rescale: 'constant-norm', layer_norm: 'layer-norm',
};

function inputNormOf(config: SaeLensConfig, folder: string): InputNorm {
  const norm = inputNorms[config.normalize_activations];
  if (norm !== undefined) return norm;
  throw new LoupeError(
    'unsupported',
    `${folder}: normalize_activations is "${config.normalize_activations}", whose factor is not in the folder. `
    + 'Fold it into the weights with SAELens (fold_activation_norm_scaling_factor), then save again.',
  );
}

const keysOf = {
  standard: ['W_enc', 'W_dec', 'b_enc', 'b_dec'],
  topk: ['W_enc', 'W_dec', 'b_enc', 'b_dec'],
  jumprelu: ['W_enc', 'W_dec', 'b_enc', 'b_dec', 'threshold'],
} as const;
type Architecture = keyof typeof keysOf;

function architectureOf(config: SaeLensConfig, folder: string): Architecture {
  if (config.architecture in keysOf) return config.architecture as Architecture;
  throw new LoupeError('unsupported', `${folder}: the architecture "${config.architecture}" cannot be loaded; supported: ${Object.keys(keysOf).join(', ')}.`);
}

/**
 * Reads a folder into the canonical layout, every size checked against the file before it is allocated.
 *
 * Kinds: not-found, bad-file (missing key, wrong shape), unsupported (architecture, normalisation), not-finite.
 */
export function readSaeLens(folder: string): SaeLensDictionary {
  const config = readSaeLensConfig(folder);
  const architecture = architectureOf(config, folder);
  const inputNorm = inputNormOf(config, folder);
  const { d_in: dIn, d_sae: dSae } = config;
  const file = openSafetensors(join(folder, weightsFile));
  try {
    checkTensors(file, architecture, dIn, dSae);
    const read = (name: string): Float32Array => finite(file.readFloat32(name), name, file.path);
    const weights: DictionaryWeights = {
      dIn, dSae, dOut: dIn, wSkip: null, inputNorm, centresInput: config.apply_b_dec_to_input,
      form: formOf(config, architecture, folder, () => read('threshold')),
      wEnc: transpose(read('W_enc'), dIn, dSae), wDec: read('W_dec'), bEnc: read('b_enc'), bDec: read('b_dec'),
    };
    return { config, weights: architecture === 'topk' && config.rescale_acts_by_decoder_norm ? foldDecoderNorm(weights) : weights };
  } finally {
    file.close();
  }
}

function formOf(config: SaeLensConfig, architecture: Architecture, folder: string, threshold: () => Float32Array): PlainForm {
  if (architecture === 'standard') return { kind: 'relu' };
  if (architecture === 'jumprelu') return { kind: 'jumprelu', threshold: threshold() };
  if (config.k === undefined) throw new LoupeError('bad-file', `${join(folder, configFile)}: a topk dictionary needs k.`);
  if (config.k > config.d_sae) throw new LoupeError('bad-file', `${join(folder, configFile)}: k is ${config.k}, more than d_sae, which is ${config.d_sae}.`);
  return { kind: 'topk', k: config.k };
}

function checkTensors(file: SafetensorsFile, architecture: Architecture, dIn: number, dSae: number): void {
  const shapes: Readonly<Record<string, readonly number[]>> = { W_enc: [dIn, dSae], W_dec: [dSae, dIn], b_enc: [dSae], b_dec: [dIn], threshold: [dSae] };
  for (const name of keysOf[architecture]) {
    const entry = file.entries.get(name);
    const expected = shapes[name]!;
    if (entry === undefined) {
      const spare = [...file.entries.keys()].filter((key) => !(key in shapes));
      const near = nearestName(name, spare);
      const hint = near === undefined ? `it has ${[...file.entries.keys()].slice(0, 12).join(', ')}` : `the nearest is ${near}`;
      throw new LoupeError('bad-file', `${file.path} has no tensor ${name} [${expected.join(', ')}], which architecture "${architecture}" needs; ${hint}.`);
    }
    if (entry.shape.join() === expected.join()) continue;
    const turned = entry.shape.length === 2 && [...entry.shape].reverse().join() === expected.join() ? ' It looks transposed.' : '';
    throw new LoupeError('bad-file', `${file.path}: ${name} is [${entry.shape.join(', ')}], and d_in and d_sae in ${configFile} want [${expected.join(', ')}].${turned}`);
  }
}

function finite(values: Float32Array, name: string, path: string): Float32Array {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]! * 0;
  if (sum === 0) return values;
  const at = values.findIndex((v) => !Number.isFinite(v));
  throw new LoupeError('not-finite', `${path}: ${name} holds ${values[at]} at element ${at}. The dictionary is broken; use an earlier checkpoint.`);
}

export interface SaeLensMetadata {
  readonly modelName: string;
  readonly hookPoint: string;
  readonly contextLength: number;
  readonly prependBos: boolean;
}

/** The SAELens architecture that computes a form; all three are exact. */
const architectureByForm = { relu: 'standard', topk: 'topk', jumprelu: 'jumprelu' } as const;

/** True where SAELens computes the same function, so that `writeSaeLens` takes the weights. */
export function fitsSaeLens({ form, dIn, dOut }: DictionaryWeights): boolean {
  return form.kind in architectureByForm && dIn === dOut;
}

/** The metadata of cfg.json. */
export function metadataOf(metadata: SaeLensMetadata): Record<string, unknown> {
  return {
    sae_lens_version: writtenVersion, sae_lens_training_version: null, model_name: metadata.modelName,
    hook_name: metadata.hookPoint, hook_head_index: null, context_size: metadata.contextLength, prepend_bos: metadata.prependBos,
  };
}

/** Writes weights in raw activation units. cfg.json comes last: a folder without it is no dictionary. */
export function writeSaeLens(folder: string, weights: DictionaryWeights, metadata: SaeLensMetadata): void {
  const { dIn, dSae, form } = weights;
  const tensors = {
    W_enc: { dtype: 'F32' as const, shape: [dIn, dSae], data: transpose(weights.wEnc, dSae, dIn) },
    W_dec: { dtype: 'F32' as const, shape: [dSae, dIn], data: weights.wDec },
    b_enc: { dtype: 'F32' as const, shape: [dSae], data: weights.bEnc },
    b_dec: { dtype: 'F32' as const, shape: [dIn], data: weights.bDec },
    ...(form.kind === 'jumprelu' ? { threshold: { dtype: 'F32' as const, shape: [dSae], data: form.threshold } } : {}),
  };
  writeSafetensors(join(folder, weightsFile), tensors);
  writeJsonAtomic(join(folder, configFile), {
    architecture: architectureByForm[form.kind as keyof typeof architectureByForm], d_in: dIn, d_sae: dSae, dtype: 'float32', device: 'cpu',
    apply_b_dec_to_input: weights.centresInput, normalize_activations: 'none', reshape_activations: 'none',
    ...(form.kind === 'topk' ? { k: form.k, rescale_acts_by_decoder_norm: false } : {}),
    metadata: metadataOf(metadata),
  });
}
