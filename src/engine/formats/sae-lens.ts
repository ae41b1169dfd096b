/**
 * Dictionaries as SAELens folders: cfg.json and sae_weights.safetensors (sae-standard.md section 10; written as SAELens 6.54 does).
 *
 * Its training-only architectures (BatchTopK, Matryoshka) are saved by it as `jumprelu`.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { LoupeError } from '../../shared/errors.ts';
import { writeJsonAtomic } from '../files/atomic.ts';
import { foldDecoderNorm, foldScale, transpose } from '../sae/weights.ts';
import type { DictionaryWeights, InputNorm, PlainForm } from '../sae/weights.ts';
import { configFile, readJson, readSaeLensConfig } from './sae-lens-config.ts';
import type { SaeLensConfig } from './sae-lens-config.ts';
import { openSafetensors, writeSafetensors } from './safetensors.ts';
import { readFinite, requireShapes } from './tensor-source.ts';
import type { TensorSource } from './tensor-source.ts';

export { configFile, readJson, readSaeLensConfig } from './sae-lens-config.ts';
export type { SaeLensConfig } from './sae-lens-config.ts';

export const weightsFile = 'sae_weights.safetensors';
/** Beside a training checkpoint of SAELens whose scale is not folded. */
const scalerFile = 'activation_scaler.json';
/** The version whose files we write: folders without one at least 6 are read as the old flat form. */
const writtenVersion = '6.54.12';

export interface SaeLensDictionary {
  readonly config: SaeLensConfig;
  readonly weights: DictionaryWeights;
}

interface Architecture {
  readonly form: PlainForm['kind'];
  /** W_dec is [n, d_out], the input is not centred. */
  readonly transcoder?: boolean;
  readonly skip?: boolean;
}

const architectures: Readonly<Record<string, Architecture>> = {
  standard: { form: 'relu' },
  topk: { form: 'topk' },
  jumprelu: { form: 'jumprelu' },
  gated: { form: 'gated' },
  abstopk: { form: 'abs-topk' },
  matching_pursuit: { form: 'matching-pursuit' },
  transcoder: { form: 'relu', transcoder: true },
  skip_transcoder: { form: 'relu', transcoder: true, skip: true },
  jumprelu_transcoder: { form: 'jumprelu', transcoder: true },
  jumprelu_skip_transcoder: { form: 'jumprelu', transcoder: true, skip: true },
};
const trainingOnly = ['batchtopk', 'matryoshka_batchtopk'];

/** True where a folder holds a SAELens dictionary. */
export function isSaeLensFolder(folder: string): boolean {
  return existsSync(join(folder, configFile)) && existsSync(join(folder, weightsFile));
}

const inputNorms: Readonly<Record<string, InputNorm>> = {
  none: 'none', constant_norm_rescale: 'constant-norm', layer_norm: 'layer-norm', expected_average_only_in: 'none',
};

/** The factor that is not folded into the weights yet; 1 where there is none. */
function scaleOf(config: SaeLensConfig, folder: string): number {
  if (config.normalize_activations !== 'expected_average_only_in') return 1;
  const path = join(folder, scalerFile);
  const factor = existsSync(path) ? readJson(path)['scaling_factor'] : undefined;
  if (typeof factor === 'number' && factor > 0 && Number.isFinite(factor)) return factor;
  throw new LoupeError(
    'unsupported',
    `${folder}: normalize_activations is "expected_average_only_in", whose factor is not in the folder (${scalerFile}). `
    + 'Fold it into the weights with SAELens (fold_activation_norm_scaling_factor), then save again.',
  );
}

function inputNormOf(config: SaeLensConfig, folder: string): InputNorm {
  const norm = inputNorms[config.normalize_activations];
  if (norm !== undefined) return norm;
  throw new LoupeError('unsupported', `${folder}: normalize_activations is "${config.normalize_activations}"; supported: ${Object.keys(inputNorms).join(', ')}. Fold it with SAELens and save again.`);
}

function architectureOf({ architecture }: SaeLensConfig, folder: string): Architecture {
  const known = Object.hasOwn(architectures, architecture) ? architectures[architecture] : undefined;
  if (known !== undefined) return known;
  const hint = trainingOnly.includes(architecture) ? ' It is a training checkpoint: save it with save_inference_model, which writes jumprelu.' : '';
  throw new LoupeError('unsupported', `${folder}: the architecture "${architecture}" cannot be loaded; supported: ${Object.keys(architectures).join(', ')}.${hint}`);
}

/** The tensors that an architecture has, with their shapes. */
function shapesOf({ form, skip }: Architecture, dIn: number, dSae: number, dOut: number): Readonly<Record<string, readonly number[]>> {
  const [encoder, decoder] = [{ W_enc: [dIn, dSae] }, { W_dec: [dSae, dOut], b_dec: [dOut] }];
  if (form === 'matching-pursuit') return decoder;
  if (form === 'gated') return { ...encoder, ...decoder, b_gate: [dSae], b_mag: [dSae], r_mag: [dSae] };
  return { ...encoder, ...decoder, b_enc: [dSae], ...(form === 'jumprelu' ? { threshold: [dSae] } : {}), ...(skip === true ? { W_skip: [dOut, dIn] } : {}) };
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
  const scale = scaleOf(config, folder);
  if (architecture.transcoder === true && inputNorm !== 'none') throw new LoupeError('unsupported', `${folder}: a transcoder with normalize_activations "${config.normalize_activations}" cannot be loaded: only its input would be normalised.`);
  const file = openSafetensors(join(folder, weightsFile));
  try {
    const weights = scale === 1 ? readWeights(file, config, architecture, inputNorm) : foldScale(readWeights(file, config, architecture, inputNorm), scale);
    const rescaled = (weights.form.kind === 'topk' || weights.form.kind === 'abs-topk') && config.rescale_acts_by_decoder_norm;
    return { config, weights: rescaled ? foldDecoderNorm(weights) : weights };
  } finally {
    file.close();
  }
}

function readWeights(file: TensorSource, config: SaeLensConfig, architecture: Architecture, inputNorm: InputNorm): DictionaryWeights {
  const { d_in: dIn, d_sae: dSae } = config;
  const dOut = architecture.transcoder === true ? (config.d_out ?? dIn) : dIn;
  const shapes = shapesOf(architecture, dIn, dSae, dOut);
  requireShapes(file, shapes, `architecture "${config.architecture}"`, `d_in and d_sae in ${configFile}`);
  const read = (name: string): Float32Array => readFinite(file, name);
  const optional = (name: string, length: number): Float32Array => (name in shapes ? read(name) : new Float32Array(length));
  const form = formOf(config, architecture, file.path, read);
  const wDec = finetuned(file, read('W_dec'), dSae, dOut);
  const centresInput = architecture.transcoder === true ? false : config.apply_b_dec_to_input;
  // a tied dictionary that does not centre its input does not add b_dec either
  const bDec = form.kind === 'matching-pursuit' && !centresInput ? new Float32Array(dOut) : read('b_dec');
  return {
    dIn, dSae, dOut, form, inputNorm, centresInput, wDec, bDec,
    wEnc: 'W_enc' in shapes ? transpose(read('W_enc'), dIn, dSae) : wDec.slice(),
    bEnc: optional('b_enc', dSae), wSkip: 'W_skip' in shapes ? read('W_skip') : null,
  };
}

/** Before version 6, latents were multiplied by a fine-tuned factor each in front of the decoder: it goes into the decoder's rows. */
function finetuned(file: TensorSource, wDec: Float32Array, dSae: number, dOut: number): Float32Array {
  const name = ['scaling_factor', 'finetuning_scaling_factor'].find((key) => file.entries.has(key));
  if (name === undefined) return wDec;
  requireShapes(file, { [name]: [dSae] }, 'the decoder', `d_sae in ${configFile}`);
  const factors = readFinite(file, name);
  return wDec.map((value, i) => value * factors[Math.floor(i / dOut)]!);
}

function formOf(config: SaeLensConfig, { form }: Architecture, path: string, read: (name: string) => Float32Array): PlainForm {
  switch (form) {
    case 'relu': return { kind: 'relu' };
    case 'jumprelu': return { kind: 'jumprelu', threshold: read('threshold') };
    case 'gated': return { kind: 'gated', bGate: read('b_gate'), bMag: read('b_mag'), rMag: read('r_mag') };
    // max_iterations null: as many steps as dimensions
    case 'matching-pursuit': return {
      kind: form, steps: config.max_iterations ?? config.d_in, tolerance: Math.max(0, config.residual_threshold), untilRepeat: config.stop_on_duplicate_support,
    };
    case 'topk': case 'abs-topk': {
      if (config.k === undefined) throw new LoupeError('bad-file', `${path}: a ${config.architecture} dictionary needs k in ${configFile}.`);
      if (config.k > config.d_sae) throw new LoupeError('bad-file', `${path}: k is ${config.k}, more than d_sae, which is ${config.d_sae}.`);
      return { kind: form, k: config.k };
    }
  }
}

export interface SaeLensMetadata {
  readonly modelName: string;
  readonly hookPoint: string;
  /** What a transcoder predicts. */
  readonly targetHook?: string | undefined;
  readonly contextLength: number;
  readonly prependBos: boolean;
}

/** The SAELens architecture that computes exactly what the weights do, or null. `transcoder`: prefer the name of one. */
function architectureFor(weights: DictionaryWeights, transcoder: boolean): string | null {
  const { form, dIn, dOut, wSkip, centresInput, inputNorm, bDec } = weights;
  const plain = dIn === dOut && wSkip === null;
  if (form.kind === 'matching-pursuit' && !centresInput && bDec.some((v) => v !== 0)) return null;
  const asTranscoder = !centresInput && inputNorm === 'none' && (!plain || transcoder);
  const find = (wanted: boolean): string | undefined => Object.entries(architectures).find(([, one]) =>
    one.form === form.kind && (one.transcoder ?? false) === wanted && (one.skip ?? false) === (wSkip !== null))?.[0];
  return (asTranscoder ? find(true) : undefined) ?? (plain ? find(false) : undefined) ?? null;
}

/** True where SAELens computes the same function, so that `writeSaeLens` takes the weights. */
export function fitsSaeLens(weights: DictionaryWeights): boolean {
  return architectureFor(weights, false) !== null;
}

/** The metadata of cfg.json. */
export function metadataOf(metadata: SaeLensMetadata): Record<string, unknown> {
  return {
    sae_lens_version: writtenVersion, sae_lens_training_version: null, model_name: metadata.modelName,
    hook_name: metadata.hookPoint, ...(metadata.targetHook === undefined ? {} : { hook_name_out: metadata.targetHook }),
    hook_head_index: null, context_size: metadata.contextLength, prepend_bos: metadata.prependBos,
  };
}

const normNames: Readonly<Record<InputNorm, string>> = { none: 'none', 'constant-norm': 'constant_norm_rescale', 'layer-norm': 'layer_norm' };

/** Fields of cfg.json that only some architectures have. */
function formFields(weights: DictionaryWeights, architecture: string): Record<string, unknown> {
  const { form, dOut } = weights;
  return {
    ...(architectures[architecture]!.transcoder === true ? { d_out: dOut } : {}),
    ...(form.kind === 'topk' || form.kind === 'abs-topk' ? { k: form.k, rescale_acts_by_decoder_norm: false } : {}),
    ...(form.kind === 'matching-pursuit' ? { max_iterations: form.steps, residual_threshold: form.tolerance, stop_on_duplicate_support: form.untilRepeat ?? false } : {}),
  };
}

/**
 * Writes weights in raw activation units. cfg.json comes last: a folder without it is no dictionary.
 *
 * Kind unsupported where SAELens has no architecture that computes the same.
 */
export function writeSaeLens(folder: string, weights: DictionaryWeights, metadata: SaeLensMetadata): void {
  const { dIn, dOut, dSae, form } = weights;
  const architecture = architectureFor(weights, metadata.targetHook !== undefined);
  if (architecture === null) throw new LoupeError('unsupported', `SAELens has no architecture for ${describe(weights)}. Keep it as a dictionary of Loupe.`);
  const values: Readonly<Record<string, () => Float32Array>> = {
    W_enc: () => transpose(weights.wEnc, dSae, dIn), W_dec: () => weights.wDec, b_enc: () => weights.bEnc, b_dec: () => weights.bDec, W_skip: () => weights.wSkip!,
    ...(form.kind === 'jumprelu' ? { threshold: () => form.threshold } : {}),
    ...(form.kind === 'gated' ? { b_gate: () => form.bGate, b_mag: () => form.bMag, r_mag: () => form.rMag } : {}),
  };
  const shapes = Object.entries(shapesOf(architectures[architecture]!, dIn, dSae, dOut));
  writeSafetensors(join(folder, weightsFile), Object.fromEntries(shapes.map(([name, shape]) => [name, { dtype: 'F32' as const, shape: [...shape], data: values[name]!() }])));
  writeJsonAtomic(join(folder, configFile), {
    architecture, d_in: dIn, d_sae: dSae, dtype: 'float32', device: 'cpu', apply_b_dec_to_input: weights.centresInput,
    normalize_activations: normNames[weights.inputNorm], reshape_activations: 'none', ...formFields(weights, architecture), metadata: metadataOf(metadata),
  });
}

/** A dictionary in words, for messages. */
export function describe({ form, dIn, dOut, wSkip, centresInput, inputNorm }: DictionaryWeights): string {
  const norm = inputNorm === 'none' ? '' : `, input normalisation ${inputNorm}`;
  return `form ${form.kind}${wSkip === null ? '' : ' with a skip connection'}, d_in ${dIn}, d_out ${dOut}, input ${centresInput ? 'centred' : 'not centred'}${norm}`;
}
