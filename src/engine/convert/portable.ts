/** Dictionaries of Loupe on their way out: as plain weights where their function is one of those, and back. */
import * as tf from '@tensorflow/tfjs-core';
import { LoupeError } from '../../shared/errors.ts';
import type { DictionaryProvenance } from '../sae/dictionary.ts';
import { LoadedDictionary } from '../sae/inference.ts';
import type { OwnDictionary, OwnWeights } from '../sae/own-dictionary.ts';
import type { DictionaryWeights, PlainForm } from '../sae/weights.ts';
import { crosscoder } from '../sae/variants/crosscoder.ts';
import { skipTranscoder } from '../sae/variants/skip-transcoder.ts';
import { transcoder } from '../sae/variants/transcoder.ts';
import { unknownAbout } from './definition.ts';
import type { DictionaryAbout, PortableDictionary } from './definition.ts';

/** What loupe.json says, in the words of the formats. */
export function aboutOf(provenance: DictionaryProvenance, sources = 1): DictionaryAbout {
  const { config } = provenance;
  const target = config['targetHook'];
  return {
    ...unknownAbout, architecture: provenance.variant, writer: `Loupe ${provenance.codeVersion}`, modelName: provenance.model?.name ?? null, hookPoint: provenance.hookPoint,
    targetHook: typeof target === 'string' && target !== '' ? target : null, contextLength: provenance.contextLength, prependBos: provenance.prependBos, sources,
    k: typeof config['k'] === 'number' ? config['k'] : null, details: config,
  };
}

/** The form at inference of a dictionary that is saved with its variant's own weights. Kind unsupported where there is none. */
function formOf({ variant, stored }: OwnDictionary): PlainForm {
  const weights = Object.fromEntries(Object.entries(stored.tensors).map(([name, { data, shape }]) => [name, tf.tensor(data, [...shape])]));
  try {
    const form = variant.inference(stored.config, weights);
    if (form.kind !== 'own') return form;
    if (variant.data === 'sources' && stored.config['activation'] === 'relu') return { kind: 'relu' };
    throw new LoupeError('unsupported', `a ${variant.id} dictionary computes what no other format holds. Keep it as a dictionary of Loupe.`);
  } finally {
    tf.dispose(Object.values(weights));
  }
}

/**
 * Own weights as plain ones in raw units: a source's scale goes into its columns of the encoder, a target's out of its columns of the decoder. Latents stay
 * as they are, and so do biases and thresholds of latents.
 */
function plainOf(form: PlainForm, { variant, stored }: OwnDictionary): DictionaryWeights {
  const { sizes: { dIn, dOut, dSae }, tensors, inputScale, outputScale } = stored;
  const values = (name: string, length: number): Float32Array => tensors[name]?.data ?? new Float32Array(length);
  const wSkip = tensors['wSkip']?.data;
  return {
    dIn, dOut, dSae, form, centresInput: variant.centresInput, inputNorm: 'none',
    wEnc: values('wEnc', dSae * dIn).map((value, i) => value * inputScale[i % dIn]!), bEnc: values('bEnc', dSae),
    wDec: values('wDec', dSae * dOut).map((value, i) => value / outputScale[i % dOut]!), bDec: values('bDec', dOut).map((value, i) => value / outputScale[i]!),
    wSkip: wSkip === undefined ? null : wSkip.map((value, i) => value * inputScale[i % dIn]! / outputScale[Math.floor(i / dIn)]!),
  };
}

/** A loaded dictionary for other formats. Kind unsupported where its function is its variant's own. */
export function portableOf(dictionary: LoadedDictionary | OwnDictionary): PortableDictionary {
  if (dictionary instanceof LoadedDictionary) return { weights: dictionary.weights, about: aboutOf(dictionary.provenance), notes: [] };
  const weights = plainOf(formOf(dictionary), dictionary);
  return { weights, about: aboutOf(dictionary.provenance, dictionary.stored.sizes.sources), notes: ['scales of training were folded into the weights'] };
}

/**
 * The variant and weights under which Loupe keeps what SAELens has no architecture for: crosscoders, and transcoders with TopK. Null for anything else.
 */
export function ownForm({ weights, about }: PortableDictionary): { readonly id: string; readonly own: OwnWeights } | null {
  const { form, dIn, dOut, dSae, wSkip, centresInput, inputNorm } = weights;
  const fits = !centresInput && inputNorm === 'none' && (form.kind === 'relu' || (form.kind === 'topk' && about.sources === 1));
  if (!fits) return null;
  const stored = (data: Float32Array, ...shape: number[]): OwnWeights['tensors'][string] => ({ shape, data });
  const { id } = about.sources > 1 ? crosscoder : wSkip === null ? transcoder : skipTranscoder;
  const own: OwnWeights = {
    sizes: { dIn, dOut, dSae, sources: about.sources }, config: { activation: form.kind, ...(form.kind === 'topk' ? { k: form.k } : {}) },
    tensors: {
      wEnc: stored(weights.wEnc, dSae, dIn), bEnc: stored(weights.bEnc, dSae), wDec: stored(weights.wDec, dSae, dOut), bDec: stored(weights.bDec, dOut),
      ...(wSkip === null ? {} : { wSkip: stored(wSkip, dOut, dIn) }),
    },
    inputScale: new Float32Array(dIn).fill(1), outputScale: new Float32Array(dOut).fill(1),
  };
  return { id, own };
}
