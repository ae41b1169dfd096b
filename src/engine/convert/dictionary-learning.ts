/**
 * dictionary_learning (Marks, Karvonen, Mueller): `trainer_i/{config.json, ae.pt}`. Read against its 0.1.0; weights on disk are in raw units.
 *
 * Classes are told apart by their tensors, since config.json names AutoEncoder for the April trainer whatever class it was given; only TopK
 * and BatchTopK have equal tensors, and there config.json decides. p-anneal saves an AutoEncoder, GatedAnneal a GatedAutoEncoder.
 */
import { existsSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { LoupeError } from '../../shared/errors.ts';
import { writeJsonAtomic } from '../files/atomic.ts';
import { readJson } from '../formats/sae-lens-config.ts';
import { readFinite, requireShapes, shapeOf } from '../formats/tensor-source.ts';
import { openTorch } from '../formats/torch.ts';
import type { TorchFile } from '../formats/torch.ts';
import { writeTorch } from '../formats/torch-writer.ts';
import type { TorchTensorData } from '../formats/torch-writer.ts';
import { transpose } from '../sae/weights.ts';
import type { DictionaryWeights, PlainForm } from '../sae/weights.ts';
import { unknownAbout } from './definition.ts';
import type { DictionaryAbout, DictionaryFormat, PortableDictionary } from './definition.ts';
import { requireHolds, withCentring } from './fold.ts';
import { hookOfSubmodule, layerOf } from './hooks.ts';

const weightsFile = 'ae.pt';
const configFile = 'config.json';
type Config = Readonly<Record<string, unknown>>;

/** What each class keeps where. `linear`: encoder and decoder are torch.nn.Linear, whose matrices are [out, in]. */
interface ClassLayout {
  readonly linear: boolean;
  readonly bDec: string;
  readonly bEnc: string | null;
  /** The b_dec is taken from the input. */
  readonly centred: boolean;
}

const classes: Readonly<Record<string, ClassLayout>> = {
  AutoEncoder: { linear: true, bDec: 'bias', bEnc: 'encoder.bias', centred: true },
  AutoEncoderNew: { linear: true, bDec: 'decoder.bias', bEnc: 'encoder.bias', centred: false },
  AutoEncoderTopK: { linear: true, bDec: 'b_dec', bEnc: 'encoder.bias', centred: true },
  BatchTopKSAE: { linear: true, bDec: 'b_dec', bEnc: 'encoder.bias', centred: true },
  GatedAutoEncoder: { linear: true, bDec: 'decoder_bias', bEnc: null, centred: true },
  JumpReluAutoEncoder: { linear: false, bDec: 'b_dec', bEnc: 'b_enc', centred: false },
  MatryoshkaBatchTopKSAE: { linear: false, bDec: 'b_dec', bEnc: 'b_enc', centred: true },
};

/** The class by its tensors; `trainer` is config.json's. */
function classOf(file: TorchFile, trainer: Config | null): string {
  const has = (name: string): boolean => file.entries.has(name);
  if (has('W_enc')) return has('group_sizes') || file.entries.get('threshold')?.shape.length === 0 ? 'MatryoshkaBatchTopKSAE' : 'JumpReluAutoEncoder';
  if (has('gate_bias') || has('r_mag')) return 'GatedAutoEncoder';
  if (has('decoder.bias')) return 'AutoEncoderNew';
  if (!has('k') && !has('b_dec')) return 'AutoEncoder';
  const named = `${String(trainer?.['dict_class'] ?? '')} ${String(trainer?.['trainer_class'] ?? '')}`;
  if (/BatchTopK/.test(named)) return 'BatchTopKSAE';
  if (/TopK/.test(named)) return 'AutoEncoderTopK';
  throw new LoupeError('bad-file', `${file.path}: TopK and BatchTopK have the same tensors, and there is no ${configFile} with trainer.dict_class beside it. Put the ${configFile} of its run there.`);
}

/** A scalar or a vector of the state dict. */
function scalarOf(file: TorchFile, name: string, needed: string): number {
  requireShapes(file, { [name]: [] }, needed, 'a scalar would');
  return readFinite(file, name)[0]!;
}

function kOf(file: TorchFile, trainer: Config | null, dictClass: string, dSae: number): number {
  const k = file.entries.has('k') ? scalarOf(file, 'k', dictClass) : trainer?.['k'];
  if (typeof k !== 'number' || !Number.isInteger(k) || k < 1 || k > dSae) throw new LoupeError('bad-file', `${file.path}: k is ${String(k)}, and ${dictClass} with ${dSae} latents needs a whole number from 1 to ${dSae}.`);
  const configured = trainer?.['k'];
  if (typeof configured === 'number' && configured !== k) throw new LoupeError('mismatch', `${file.path}: k is ${k}, and ${configFile} says ${configured}. Which of the two files belongs here?`);
  return k;
}

function formOf(file: TorchFile, dictClass: string, dSae: number, k: () => number): PlainForm {
  switch (dictClass) {
    case 'AutoEncoder': case 'AutoEncoderNew': return { kind: 'relu' };
    case 'AutoEncoderTopK': return { kind: 'topk', k: k() };
    case 'GatedAutoEncoder': {
      requireShapes(file, { gate_bias: [dSae], mag_bias: [dSae], r_mag: [dSae] }, dictClass, 'the rows of the encoder');
      return { kind: 'gated', bGate: readFinite(file, 'gate_bias'), bMag: readFinite(file, 'mag_bias'), rMag: readFinite(file, 'r_mag') };
    }
    case 'JumpReluAutoEncoder':
      requireShapes(file, { threshold: [dSae] }, dictClass, 'the columns of W_enc');
      return { kind: 'jumprelu', threshold: readFinite(file, 'threshold') };
    // one threshold for all; -1, which is "not set yet", lets every positive value pass, as it does there
    default: return { kind: 'jumprelu', threshold: new Float32Array(dSae).fill(scalarOf(file, 'threshold', dictClass)) };
  }
}

function weightsOf(file: TorchFile, dictClass: string, k: () => number, sizes: readonly [number, number]): DictionaryWeights {
  const { linear, bDec, bEnc, centred } = classes[dictClass]!;
  const [dSae, dIn] = sizes;
  const [encoder, decoder] = linear ? ['encoder.weight', 'decoder.weight'] : ['W_enc', 'W_dec'];
  requireShapes(file, { [decoder!]: linear ? [dIn, dSae] : [dSae, dIn], [bDec]: [dIn], ...(bEnc === null ? {} : { [bEnc]: [dSae] }) }, dictClass, `the sizes of ${encoder}`);
  const [wEnc, wDec] = [readFinite(file, encoder!), readFinite(file, decoder!)];
  return {
    dIn, dSae, dOut: dIn, centresInput: centred, inputNorm: 'none', wSkip: null, form: formOf(file, dictClass, dSae, k),
    wEnc: linear ? wEnc : transpose(wEnc, dIn, dSae), wDec: linear ? transpose(wDec, dIn, dSae) : wDec,
    bEnc: bEnc === null ? new Float32Array(dSae) : readFinite(file, bEnc), bDec: readFinite(file, bDec),
  };
}

function aboutOf(config: Config | null, dictClass: string, k: number | null): DictionaryAbout {
  const trainer = (config?.['trainer'] ?? {}) as Config;
  const buffer = (config?.['buffer'] ?? {}) as Config;
  const text = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null);
  const length = buffer['ctx_len'];
  return {
    ...unknownAbout, architecture: dictClass, writer: 'dictionary_learning', k, details: config ?? {}, modelName: text(trainer['lm_name']),
    hookPoint: hookOfSubmodule(trainer['submodule_name'], trainer['layer']), contextLength: typeof length === 'number' && length >= 1 ? Math.floor(length) : null,
  };
}

/** The weights, and config.json beside them or, for a checkpoint, in the folder above. */
function filesOf(path: string): { readonly weights: string; readonly config: string | null } {
  const weights = statSync(path).isDirectory() ? join(path, weightsFile) : path;
  const places = [dirname(weights), dirname(dirname(weights))].map((folder) => join(folder, configFile));
  return { weights, config: places.find((place) => existsSync(place)) ?? null };
}

function read(path: string): PortableDictionary {
  const files = filesOf(path);
  const config = files.config === null ? null : readJson(files.config);
  const trainer = (config?.['trainer'] ?? null) as Config | null;
  const file = openTorch(files.weights);
  try {
    const dictClass = classOf(file, trainer);
    const linear = classes[dictClass]!.linear;
    const [rows, columns] = shapeOf(file, linear ? 'encoder.weight' : 'W_enc', 2, dictClass) as [number, number];
    const sizes = linear ? ([rows, columns] as const) : ([columns, rows] as const);
    const kept = /TopK/.test(dictClass) && (file.entries.has('k') || trainer?.['k'] !== undefined);
    const k = (): number => kOf(file, trainer, dictClass, sizes[0]);
    const notes = dictClass === 'AutoEncoderTopK' && file.entries.has('threshold') ? ['the threshold beside k is not used: TopK selects again at inference, as the class does by default'] : [];
    return { weights: weightsOf(file, dictClass, k, sizes), about: aboutOf(config, dictClass, kept ? k() : null), notes };
  } finally {
    file.close();
  }
}

/** The class that computes a form as it is, and the weights as that class holds them. */
function classFor(weights: DictionaryWeights, k: number | null): { readonly dictClass: string; readonly held: DictionaryWeights } {
  const { form } = weights;
  if (form.kind === 'relu') return { dictClass: weights.centresInput ? 'AutoEncoder' : 'AutoEncoderNew', held: weights };
  if (form.kind === 'topk') return { dictClass: 'AutoEncoderTopK', held: withCentring(weights, true) };
  if (form.kind === 'gated') return { dictClass: 'GatedAutoEncoder', held: withCentring(weights, true) };
  const constant = form.kind === 'jumprelu' && form.threshold.every((value) => value === form.threshold[0]);
  if (weights.centresInput && constant && k !== null) return { dictClass: 'BatchTopKSAE', held: weights };
  return { dictClass: 'JumpReluAutoEncoder', held: withCentring(weights, false) };
}

const trainers: Readonly<Record<string, string>> = {
  AutoEncoder: 'StandardTrainer', AutoEncoderNew: 'StandardTrainerAprilUpdate', AutoEncoderTopK: 'TopKTrainer', BatchTopKSAE: 'BatchTopKTrainer',
  GatedAutoEncoder: 'GatedSAETrainer', JumpReluAutoEncoder: 'JumpReluTrainer',
};

function stateDict(dictClass: string, weights: DictionaryWeights, k: number | null): Record<string, TorchTensorData> {
  const { linear, bDec, bEnc } = classes[dictClass]!;
  const { dIn, dSae, form } = weights;
  const matrices: Record<string, TorchTensorData> = linear
    ? { 'encoder.weight': { shape: [dSae, dIn], data: weights.wEnc }, 'decoder.weight': { shape: [dIn, dSae], data: transpose(weights.wDec, dSae, dIn) } }
    : { W_enc: { shape: [dIn, dSae], data: transpose(weights.wEnc, dSae, dIn) }, W_dec: { shape: [dSae, dIn], data: weights.wDec } };
  const vector = (data: Float32Array): TorchTensorData => ({ shape: [data.length], data });
  const scalar = (data: Float32Array | Int32Array): TorchTensorData => ({ shape: [], data });
  return {
    ...matrices, [bDec]: vector(weights.bDec), ...(bEnc === null ? {} : { [bEnc]: vector(weights.bEnc) }),
    ...(form.kind === 'gated' ? { gate_bias: vector(form.bGate), mag_bias: vector(form.bMag), r_mag: vector(form.rMag) } : {}),
    ...(form.kind === 'topk' ? { k: scalar(Int32Array.of(form.k)), threshold: scalar(Float32Array.of(-1)) } : {}),
    ...(form.kind === 'jumprelu' && dictClass === 'BatchTopKSAE' ? { k: scalar(Int32Array.of(k!)), threshold: scalar(form.threshold.slice(0, 1)) } : {}),
    ...(form.kind === 'jumprelu' && dictClass === 'JumpReluAutoEncoder' ? { threshold: vector(form.threshold) } : {}),
  };
}

function write(place: string, { weights, about }: PortableDictionary): readonly string[] {
  const { form, dIn, dSae, dOut, wSkip, inputNorm } = weights;
  requireHolds('dictionary_learning', weights, {
    'it has no class that selects by magnitude': form.kind === 'abs-topk', 'it has no matching pursuit': form.kind === 'matching-pursuit',
    'it has no skip connection': wSkip !== null, 'its classes reconstruct their own input': dIn !== dOut, 'it has no normalisation of each input': inputNorm !== 'none',
  });
  const k = form.kind === 'topk' ? form.k : about.k;
  const { dictClass, held } = classFor(weights, k);
  writeTorch(join(place, weightsFile), stateDict(dictClass, held, k));
  writeJsonAtomic(join(place, configFile), {
    trainer: {
      trainer_class: trainers[dictClass], dict_class: dictClass, activation_dim: dIn, dict_size: dSae, ...(/TopK/.test(dictClass) ? { k } : {}), device: 'cpu',
      layer: layerOf(about.hookPoint) ?? 0, lm_name: about.modelName ?? 'unknown', submodule_name: about.hookPoint?.replace(/^blocks\.(\d+)\.(?:hook_)?(.*)$/, '$2_layer_$1') ?? null, wandb_name: dictClass,
    },
    buffer: { d_submodule: dIn, io: 'out', ctx_len: about.contextLength ?? 128 },
  });
  const moved = held.centresInput === weights.centresInput ? [] : [`b_dec was moved ${held.centresInput ? 'into' : 'out of'} the input: ${dictClass} ${held.centresInput ? 'takes' : 'does not take'} it from there; the encoder bias makes up for it`];
  const scaled = dictClass === 'AutoEncoder' ? ['load_dictionary normalises the decoder rows of an AutoEncoder, which multiplies its latents by their norms; from_pretrained(normalize_decoder=False) does not'] : [];
  return [...moved, ...scaled];
}

export const dictionaryLearning: DictionaryFormat = {
  id: 'dictionary-learning',
  title: 'dictionary_learning',
  holds: `a folder with ${weightsFile} and ${configFile}, or an ae_STEP.pt of its checkpoints`,
  detect: (path) => existsSync(join(path, weightsFile)) || (/(^|[/\\])ae(_\d+)?\.pt$/.test(path) && existsSync(path)),
  read, write, file: false,
};
