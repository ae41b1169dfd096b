/** A tiny Llama and random dictionaries that fit it, on disk and loaded: what live requests need. */
import { join } from 'node:path';
import { writeSaeLens } from '../../src/engine/formats/sae-lens.ts';
import { loadModel } from '../../src/engine/lm/load.ts';
import type { LanguageModel } from '../../src/engine/lm/definition.ts';
import { placeIn, type LivePlace } from '../../src/engine/live/place.ts';
import { Random } from '../../src/engine/random.ts';
import { loadDictionary } from '../../src/engine/sae/load.ts';
import { unitRows } from '../../src/engine/sae/parts.ts';
import type { DictionaryWeights } from '../../src/engine/sae/weights.ts';
import type { Dictionary } from '../../src/engine/sae/dictionary.ts';
import { temporaryFolder, type Ending } from './temporary.ts';
import { writeTinyLlama } from './tiny-llama.ts';

export const liveHook = 'blocks.0.hook_resid_post';
export const liveTarget = 'blocks.1.hook_mlp_out';
export const [liveWidth, liveFeatures] = [16, 40] as const;

export interface LiveSetting {
  readonly folder: string;
  readonly model: string;
  /** ReLU over `liveHook`, 40 latents, about half of which fire. */
  readonly dictionary: string;
  /** From `liveHook` to `liveTarget`. */
  readonly transcoder: string;
}

/** Random weights of 40 latents on 16 inputs; rows of the decoder have length 1 to 2. */
export function liveWeights(seed: number, changes: Partial<DictionaryWeights> = {}): DictionaryWeights {
  const random = Random.from(seed);
  const [d, n] = [liveWidth, liveFeatures];
  return {
    dIn: d, dOut: d, dSae: n, form: { kind: 'relu' }, centresInput: true, inputNorm: 'none', wSkip: null, wEnc: random.normals(n * d, 0.4),
    wDec: unitRows(random.normals(n * d), n, d).map((value, i) => value * (1 + Math.floor(i / d) / n)), bEnc: random.normals(n, 0.1), bDec: random.normals(d, 0.3), ...changes,
  };
}

export function liveSetting(t: Ending): LiveSetting {
  const folder = temporaryFolder(t);
  const at = (name: string): string => join(folder, name);
  const setting = { folder, model: at('model'), dictionary: at('dictionary'), transcoder: at('transcoder') };
  writeTinyLlama(setting.model);
  const metadata = { modelName: 'tiny', hookPoint: liveHook, contextLength: 32, prependBos: true };
  writeSaeLens(setting.dictionary, liveWeights(1), metadata);
  writeSaeLens(setting.transcoder, liveWeights(2, { centresInput: false }), { ...metadata, targetHook: liveTarget });
  return setting;
}

export interface LoadedSetting extends LiveSetting {
  readonly loaded: LanguageModel;
  readonly place: LivePlace;
  readonly through: LivePlace;
}

export function placeOf(model: LanguageModel, dictionary: Dictionary, path: string, hook: string | null = null): LivePlace {
  return placeIn(model, { path, dictionary, hash: path, dispose: () => dictionary.dispose() }, hook);
}

/** The same, loaded; all is freed at the end. A backend must be there. */
export async function loadedSetting(t: Ending): Promise<LoadedSetting> {
  const setting = liveSetting(t);
  const loaded = await loadModel(setting.model);
  const [dictionary, transcoder] = [await loadDictionary(setting.dictionary), await loadDictionary(setting.transcoder)];
  t.after(() => [loaded, dictionary, transcoder].forEach((one) => one.dispose()));
  return { ...setting, loaded, place: placeOf(loaded, dictionary, setting.dictionary), through: placeOf(loaded, transcoder, setting.transcoder) };
}

/** A prompt with its defaults. */
export const typed = (text: string, changes: Partial<{ chat: boolean; lead: 'auto' | 'none' }> = {}): { text: string; chat: boolean; lead: 'auto' | 'none' } => ({ text, chat: false, lead: 'auto', ...changes });
