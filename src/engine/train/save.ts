/** Saves what a run has trained: a SAELens folder in raw activation units, with loupe.json. */
import { mkdirSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs-core';
import packageJson from '../../../package.json' with { type: 'json' };
import { writeSaeLens } from '../formats/sae-lens.ts';
import type { DictionaryProvenance } from '../sae/dictionary.ts';
import type { AnyVariant, Weights } from '../sae/definition.ts';
import { LoadedDictionary } from '../sae/inference.ts';
import { makeCheck, writeProvenance } from '../sae/provenance.ts';
import { variantById } from '../sae/registry.ts';
import { foldScale } from '../sae/weights.ts';
import type { DictionaryWeights } from '../sae/weights.ts';
import { variantConfig } from './config.ts';
import type { Run } from './run.ts';

function plainWeights(variant: AnyVariant, config: Readonly<Record<string, unknown>>, weights: Weights, scale: number): DictionaryWeights {
  const values = (name: string): Float32Array => weights[name]!.dataSync() as Float32Array;
  const [dSae, dIn] = weights['wEnc']!.shape as [number, number];
  const scaled: DictionaryWeights = {
    dIn, dSae, form: variant.inference(config, weights), centresInput: variant.centresInput, inputNorm: 'none',
    wEnc: values('wEnc'), wDec: values('wDec'), bEnc: values('bEnc'), bDec: values('bDec'),
  };
  return foldScale(scaled, scale);
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
export function saveDictionary(run: Run): LoadedDictionary {
  const { config, source } = run;
  const trained = run.trainer.weights();
  const weights = plainWeights(variantById(config.variant), variantConfig(config), trained, run.scale);
  tf.dispose(Object.values(trained));
  const empty = { x: '', latents: '', reconstruction: '' };
  const draft = new LoadedDictionary(weights, provenanceOf(run, empty));
  const check = makeCheck(draft, 1 / run.scale);
  draft.dispose();
  const provenance = provenanceOf(run, check);
  mkdirSync(config.out, { recursive: true });
  writeSaeLens(config.out, weights, {
    modelName: provenance.model?.name ?? 'unknown', hookPoint: provenance.hookPoint,
    contextLength: source.identity.contextLength, prependBos: source.identity.prependBos,
  });
  writeProvenance(config.out, provenance);
  return new LoadedDictionary(weights, provenance);
}
