/**
 * Gemma Scope (Lieberum et al. 2024, arXiv 2408.05147): `params.npz` with W_enc [d, n], W_dec [n, d], b_enc, b_dec and threshold, JumpReLU, b_dec not taken from
 * the input. SAEs on embeddings were trained on activations times sqrt(d): a path that names "embedding" says so, as it does to SAELens.
 */
import { existsSync, statSync } from 'node:fs';
import { join, resolve, sep } from 'node:path';
import { openNpz, writeNpz } from '../formats/npz.ts';
import { readFinite, requireShapes, shapeOf } from '../formats/tensor-source.ts';
import { transpose } from '../sae/weights.ts';
import type { DictionaryWeights } from '../sae/weights.ts';
import { unknownAbout } from './definition.ts';
import type { DictionaryAbout, DictionaryFormat, PortableDictionary } from './definition.ts';
import { asJumpRelu, requireHolds, withCentring } from './fold.ts';

const weightsFile = 'params.npz';
const needed = 'Gemma Scope';

/** The folder `embedding` of the published tree, close enough to the file to mean it. */
function isEmbedding(path: string): boolean {
  return resolve(path).split(sep).slice(-5).includes('embedding');
}

/** Encoder over and decoder times sqrt(d), so that they read and give raw embeddings; `inverse`: back. Latents stay as they are. */
function embeddingScaled(weights: DictionaryWeights, inverse: boolean): DictionaryWeights {
  const factor = inverse ? Math.sqrt(weights.dIn) : 1 / Math.sqrt(weights.dIn);
  return { ...weights, wEnc: weights.wEnc.map((value) => value * factor), wDec: weights.wDec.map((value) => value / factor) };
}

/** Model, layer and site out of the path, as the published folders are called: `gemma-scope-2b-pt-res/layer_20/width_16k/average_l0_71`. */
function aboutOf(path: string): DictionaryAbout {
  const [, size, tuned] = /gemma-scope-(\d+b)-(pt|it)/.exec(path) ?? [];
  const layer = /layer_(\d+)/.exec(path)?.[1];
  const part = /-(att|mlp)\b/.exec(path)?.[1] ?? 'res';
  const place = { att: 'attn.hook_z', mlp: 'hook_mlp_out', res: 'hook_resid_post' }[part]!;
  return {
    ...unknownAbout, architecture: 'jumprelu', writer: 'Gemma Scope', modelName: size === undefined ? null : `google/gemma-2-${size}${tuned === 'it' ? '-it' : ''}`,
    hookPoint: isEmbedding(path) ? 'hook_embed' : layer === undefined ? null : `blocks.${layer}.${place}`, contextLength: 1024, prependBos: true,
  };
}

function read(place: string, path: string): PortableDictionary {
  const file = openNpz(statSync(place).isDirectory() ? join(place, weightsFile) : place);
  try {
    const named = (...names: readonly string[]): string => names.find((name) => file.entries.has(name)) ?? names[0]!;
    const [encoder, decoder] = [named('W_enc', 'w_enc'), named('W_dec', 'w_dec')];
    const [dIn, dSae] = shapeOf(file, encoder, 2, needed) as [number, number];
    requireShapes(file, { [encoder]: [dIn, dSae], [decoder]: [dSae, dIn], b_enc: [dSae], b_dec: [dIn], threshold: [dSae] }, needed, `the sizes of ${encoder}`);
    const weights: DictionaryWeights = {
      dIn, dSae, dOut: dIn, form: { kind: 'jumprelu', threshold: readFinite(file, 'threshold') }, centresInput: false, inputNorm: 'none', wSkip: null,
      wEnc: transpose(readFinite(file, encoder), dIn, dSae), wDec: readFinite(file, decoder), bEnc: readFinite(file, 'b_enc'), bDec: readFinite(file, 'b_dec'),
    };
    if (!isEmbedding(path)) return { weights, about: aboutOf(path), notes: [] };
    return { weights: embeddingScaled(weights, false), about: aboutOf(path), notes: ['the path names an embedding: W_enc was divided by sqrt(d), W_dec multiplied by it'] };
  } finally {
    file.close();
  }
}

function write(place: string, { weights }: PortableDictionary, path: string): readonly string[] {
  const { form, dIn, dSae, dOut, wSkip, inputNorm } = weights;
  requireHolds('Gemma Scope', weights, {
    'it knows JumpReLU (and ReLU as one with thresholds 0) only': form.kind !== 'relu' && form.kind !== 'jumprelu',
    'its files reconstruct their own input': dIn !== dOut, 'it has no skip connection': wSkip !== null, 'it has no normalisation of each input': inputNorm !== 'none',
  });
  const plain = asJumpRelu(withCentring(weights, false));
  const held = isEmbedding(path) ? embeddingScaled(plain, true) : plain;
  writeNpz(join(place, weightsFile), {
    W_enc: { shape: [dIn, dSae], data: transpose(held.wEnc, dSae, dIn) }, W_dec: { shape: [dSae, dIn], data: held.wDec }, b_enc: { shape: [dSae], data: held.bEnc },
    b_dec: { shape: [dIn], data: held.bDec }, threshold: { shape: [dSae], data: (held.form as { readonly threshold: Float32Array }).threshold },
  });
  return [
    ...(held.centresInput === weights.centresInput ? [] : ['b_dec was moved out of the input, since the format does not take it from there; the encoder bias makes up for it']),
    ...(form.kind === 'relu' ? ['ReLU was written as JumpReLU with thresholds 0'] : []),
    ...(held === plain ? [] : ['the path names an embedding: W_enc was multiplied by sqrt(d), W_dec divided by it']),
  ];
}

export const gemmaScope: DictionaryFormat = {
  id: 'gemma-scope',
  title: 'Gemma Scope',
  holds: `a folder with ${weightsFile}, or an .npz file`,
  detect: (path) => existsSync(join(path, weightsFile)) || (path.endsWith('.npz') && existsSync(path)),
  read, write, file: false,
};
