/** Saves what a run has trained: a SAELens folder in raw activation units, with loupe.json. */
import { mkdirSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs-core';
import packageJson from '../../../package.json' with { type: 'json' };
import { fitsSaeLens, metadataOf, writeSaeLens } from '../formats/sae-lens.ts';
import type { SaeLensMetadata } from '../formats/sae-lens.ts';
import type { DictionaryProvenance } from '../sae/dictionary.ts';
import type { AnyVariant, Weights } from '../sae/definition.ts';
import { LoadedDictionary } from '../sae/inference.ts';
import { OwnDictionary } from '../sae/own-dictionary.ts';
import type { OwnWeights } from '../sae/own-dictionary.ts';
import { writeOwn } from '../sae/own-file.ts';
import { makeCheck, writeProvenance } from '../sae/provenance.ts';
import { variantById } from '../sae/registry.ts';
import { foldScale } from '../sae/weights.ts';
import type { DictionaryWeights, PlainForm } from '../sae/weights.ts';
import { variantConfig } from './config.ts';
import type { Run } from './run.ts';

/** The trained weights in raw units; tied variants have no encoder of their own. */
function plainWeights(variant: AnyVariant, form: PlainForm, weights: Weights, run: Run): DictionaryWeights {
  const { sizes: { dIn, dSae, dOut }, figures } = run;
  const values = (name: string): Float32Array => weights[name]!.dataSync() as Float32Array;
  const scaled: DictionaryWeights = {
    dIn, dSae, dOut, form, centresInput: variant.centresInput, inputNorm: 'none',
    wEnc: values('wEnc' in weights ? 'wEnc' : 'wDec'), wDec: values('wDec'), bDec: 'bDec' in weights ? values('bDec') : new Float32Array(dOut),
    bEnc: 'bEnc' in weights ? values('bEnc') : new Float32Array(dSae), wSkip: 'wSkip' in weights ? values('wSkip') : null,
  };
  return foldScale(scaled, figures.inputScale[0]!, figures.outputScale[0]);
}

function ownWeights(config: Readonly<Record<string, unknown>>, weights: Weights, run: Run): OwnWeights {
  const tensors = Object.entries(weights).map(([name, tensor]) => [name, { shape: tensor.shape, data: tensor.dataSync() as Float32Array }]);
  const { inputScale, outputScale } = run.figures;
  return { sizes: { ...run.sizes, dSae: weights['wDec']!.shape[0]! }, config, tensors: Object.fromEntries(tensors) as OwnWeights['tensors'], inputScale, outputScale };
}

/** What is written, and how it is opened again. */
interface Savable {
  readonly open: (provenance: DictionaryProvenance) => LoadedDictionary | OwnDictionary;
  readonly write: (metadata: SaeLensMetadata) => void;
}

function savableOf(run: Run): Savable {
  const { config } = run;
  const variant = variantById(config.variant);
  const own = variantConfig(config);
  const trained = run.trainer.weights();
  try {
    const form = variant.inference(own, trained);
    const plain = form.kind === 'own' ? null : plainWeights(variant, form, trained, run);
    // SAELens has transcoders of relu and jumprelu alone; another form would be taken for a dictionary of its own input there.
    const named = variant.data !== 'pairs' || form.kind === 'relu' || form.kind === 'jumprelu';
    if (plain !== null && named && fitsSaeLens(plain)) {
      return { open: (provenance) => new LoadedDictionary(plain, provenance), write: (metadata) => writeSaeLens(config.out, plain, metadata) };
    }
    const weights = ownWeights(own, trained, run);
    return {
      open: (provenance) => new OwnDictionary(variant, weights, provenance),
      write: (metadata) => writeOwn(config.out, variant.id, weights, metadataOf(metadata)),
    };
  } finally {
    tf.dispose(Object.values(trained));
  }
}

function provenanceOf(run: Run, check: DictionaryProvenance['check']): DictionaryProvenance {
  const { config, source, resolved } = run;
  const { model, corpus, hookPoint, contextLength, prependBos } = source.identity;
  return {
    format: 'loupe-dictionary', version: 1, variant: config.variant, model, corpus, hookPoint, contextLength, prependBos,
    config: { ...config, ...resolved }, seed: config.seed, tokensSeen: run.tokensSeen, codeVersion: packageJson.version,
    backend: run.backend, check,
  };
}

/** Writes cfg.json, sae_weights.safetensors and, last, loupe.json into `config.out`; gives the dictionary, which the caller disposes. */
export function saveDictionary(run: Run): LoadedDictionary | OwnDictionary {
  const { config, source } = run;
  const savable = savableOf(run);
  const draft = savable.open(provenanceOf(run, { x: '', latents: '', reconstruction: '' }));
  const check = makeCheck(draft, 1 / run.figures.inputScale[0]!);
  draft.dispose();
  const provenance = provenanceOf(run, check);
  mkdirSync(config.out, { recursive: true });
  savable.write({
    modelName: provenance.model?.name ?? 'unknown', hookPoint: provenance.hookPoint,
    targetHook: config.targetHook ?? undefined, contextLength: source.identity.contextLength, prependBos: source.identity.prependBos,
  });
  writeProvenance(config.out, provenance);
  return savable.open(provenance);
}
