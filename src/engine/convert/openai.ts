/**
 * openai/sparse_autoencoder (Gao et al. 2024, arXiv 2406.04093): one torch state dict. Its loader normalises each input (LayerNorm without a gain, undone on the
 * output) exactly where the activation is TopK; so does the reader, and the writer refuses what that would change.
 */
import { statSync } from 'node:fs';
import { LoupeError } from '../../shared/errors.ts';
import { PickleDict } from '../formats/pickle.ts';
import { readFinite, requireShapes, shapeOf } from '../formats/tensor-source.ts';
import { openTorch } from '../formats/torch.ts';
import type { TorchFile } from '../formats/torch.ts';
import { writeTorch } from '../formats/torch-writer.ts';
import { isZip } from '../formats/zip.ts';
import { transpose } from '../sae/weights.ts';
import type { PlainForm } from '../sae/weights.ts';
import { unknownAbout } from './definition.ts';
import type { DictionaryFormat, PortableDictionary } from './definition.ts';
import { requireHolds, withCentring } from './fold.ts';

const needed = 'an autoencoder of openai/sparse_autoencoder';

function formOf(file: TorchFile, dSae: number): PlainForm {
  const activation = file.values.get('activation') ?? 'ReLU';
  if (activation === 'ReLU') return { kind: 'relu' };
  if (activation !== 'TopK') throw new LoupeError('unsupported', `${file.path}: activation is ${JSON.stringify(activation)}; Loupe reads ReLU and TopK.`);
  const state = file.values.get('activation_state_dict');
  const settings = state instanceof PickleDict ? state.entries : new Map<unknown, unknown>();
  const [k, after] = [settings.get('k'), settings.get('postact_fn') ?? 'ReLU'];
  if (typeof k !== 'number' || !Number.isInteger(k) || k < 1 || k > dSae) throw new LoupeError('bad-file', `${file.path}: activation_state_dict.k is ${String(k)}, and must be a whole number from 1 to ${dSae}.`);
  if (after !== 'ReLU') throw new LoupeError('unsupported', `${file.path}: TopK is followed by ${JSON.stringify(after)}; Loupe reads ReLU there.`);
  return { kind: 'topk', k };
}

function read(path: string): PortableDictionary {
  const file = openTorch(path);
  try {
    const [dSae, dIn] = shapeOf(file, 'encoder.weight', 2, needed) as [number, number];
    const tied = !file.entries.has('decoder.weight') && file.entries.has('decoder.linear.weight');
    requireShapes(file, { ...(tied ? {} : { 'decoder.weight': [dIn, dSae] }), pre_bias: [dIn], latent_bias: [dSae] }, needed, 'the sizes of encoder.weight');
    const form = formOf(file, dSae);
    const wEnc = readFinite(file, 'encoder.weight');
    return {
      weights: {
        dIn, dSae, dOut: dIn, form, centresInput: true, inputNorm: form.kind === 'topk' ? 'layer-norm' : 'none', wSkip: null, wEnc,
        wDec: tied ? wEnc.slice() : transpose(readFinite(file, 'decoder.weight'), dIn, dSae), bEnc: readFinite(file, 'latent_bias'), bDec: readFinite(file, 'pre_bias'),
      },
      about: { ...unknownAbout, architecture: form.kind === 'topk' ? 'TopK' : 'ReLU', writer: 'openai/sparse_autoencoder' },
      notes: ['the file names no model and no hook'],
    };
  } finally {
    file.close();
  }
}

function write(place: string, { weights }: PortableDictionary): readonly string[] {
  const { form, dIn, dSae, dOut, wSkip, inputNorm } = weights;
  requireHolds('openai/sparse_autoencoder', weights, {
    'it knows ReLU and TopK only': form.kind !== 'relu' && form.kind !== 'topk',
    'its loader normalises each input of a TopK autoencoder (LayerNorm), and this one takes inputs as they are': form.kind === 'topk' && inputNorm !== 'layer-norm',
    'its loader normalises inputs only where the activation is TopK': form.kind === 'relu' && inputNorm !== 'none',
    'it reconstructs its own input': dIn !== dOut, 'it has no skip connection': wSkip !== null,
  });
  const held = withCentring(weights, true);
  writeTorch(place, {
    pre_bias: { shape: [dIn], data: held.bDec }, latent_bias: { shape: [dSae], data: held.bEnc },
    stats_last_nonzero: { shape: [dSae], data: new BigInt64Array(dSae) }, latents_activation_frequency: { shape: [dSae], data: new Float32Array(dSae).fill(1) },
    latents_mean_square: { shape: [dSae], data: new Float32Array(dSae) },
    'encoder.weight': { shape: [dSae, dIn], data: held.wEnc }, 'decoder.weight': { shape: [dIn, dSae], data: transpose(held.wDec, dSae, dIn) },
    activation: form.kind === 'topk' ? 'TopK' : 'ReLU', activation_state_dict: form.kind === 'topk' ? { k: form.k, postact_fn: 'ReLU' } : {},
  });
  const moved = held.centresInput === weights.centresInput ? [] : ['b_dec was moved into the input, as the format takes it from there; the encoder bias makes up for it'];
  return [...moved, 'its counters (stats_last_nonzero and the like) are those of a fresh autoencoder', 'the file names no model and no hook'];
}

/** True for a torch file with the two biases of this format; damage is left to the reader. */
function detect(path: string): boolean {
  if (statSync(path, { throwIfNoEntry: false })?.isFile() !== true || !isZip(path)) return false;
  try {
    const file = openTorch(path);
    file.close();
    return file.entries.has('pre_bias') && file.entries.has('latent_bias');
  } catch {
    return false;
  }
}

export const openai: DictionaryFormat = {
  id: 'openai', title: 'OpenAI autoencoder', holds: 'a .pt file with pre_bias, latent_bias, encoder.weight and decoder.weight', detect, read, write, file: true,
};
