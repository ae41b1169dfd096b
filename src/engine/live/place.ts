/** Where in a model a dictionary reads and writes, and what one of its latents adds there. */
import { LoupeError } from '../../shared/errors.ts';
import { checkWidths, hooksOf } from '../eval/open.ts';
import type { LanguageModel } from '../lm/definition.ts';
import type { Dictionary, SparseCodes } from '../sae/dictionary.ts';
import { registry } from '../sae/registry.ts';
import { sideBySide } from '../train/row-parts.ts';
import type { OpenDictionary } from './loading.ts';

export interface LivePlace {
  readonly open: OpenDictionary;
  readonly dictionary: Dictionary;
  /** Several side by side for crosscoders. */
  readonly read: readonly string[];
  /** What it predicts, where that is another hook. */
  readonly target: string | null;
}

/** Whether a dictionary's latents may be negative. */
export function isSigned({ provenance }: Pick<Dictionary, 'provenance'>): boolean {
  const { variant, config } = provenance;
  return variant.includes('abs') || config['activation'] === 'identity' || config['signed'] === true || (registry.find(({ id }) => id === variant)?.signed ?? false);
}

/**
 * The dictionary at its own hooks in the model, or at `hook`. Kinds: bad-request (it does not say which hook it reads), not-found (no such hook),
 * mismatch (another width, or trained on another model).
 */
export function placeIn(model: LanguageModel, open: OpenDictionary, hook: string | null): LivePlace {
  const { dictionary } = open;
  // Its own hook by name is no other: a crosscoder's first hook stands for all of them.
  const other = hook === dictionary.provenance.hookPoint ? null : hook;
  const hooks = hooksOf(dictionary, { hook: other, targetHook: null }, null);
  if (hooks.read.includes('')) throw new LoupeError('bad-request', `hook: the dictionary ${open.path} does not say which hook it reads: choose one that is ${dictionary.dIn} wide.`);
  checkWidths(dictionary, hooks, (name) => model.hookWidth(name), model.config.name);
  const trained = dictionary.provenance.model;
  if (trained !== null && trained.hash !== '' && trained.hash !== model.identity.hash) {
    throw new LoupeError('mismatch', `the dictionary ${open.path} was trained on ${trained.name} (${trained.hash.slice(0, 12)}), and the model is ${model.identity.name} (${model.identity.hash.slice(0, 12)}): choose the model that it was trained on.`);
  }
  return { open, dictionary, read: hooks.read, target: hooks.target };
}

/** The one hook at which a latent adds its direction. Kind unsupported for crosscoders, whose latents lie at several. */
export function writeHook({ read, target }: LivePlace): string {
  if (target !== null) return target;
  if (read.length === 1) return read[0]!;
  throw new LoupeError('unsupported', `a latent of this crosscoder lies at ${read.length} hooks (${read.join(', ')}) at once: changing it at each of them would count its effect more than once. Take a dictionary of one hook.`);
}

/** Kind not-found for a number that is no feature. */
export function checkFeature(dictionary: Pick<Dictionary, 'dSae'>, feature: number): void {
  if (feature >= dictionary.dSae) throw new LoupeError('not-found', `feature ${feature} is not there: the dictionary has ${dictionary.dSae}, numbered from 0.`);
}

/** What the dictionary reads, float32 [rows, dIn], out of values float32 [rows, width] by hook. */
export function inputsOf({ read }: LivePlace, values: ReadonlyMap<string, Float32Array>, rows: number): Float32Array {
  return sideBySide(read.map((hook) => values.get(hook)!), rows);
}

/** Codes without one latent. */
function without(codes: SparseCodes, feature: number): SparseCodes {
  return { ...codes, values: codes.values.map((value, slot) => (codes.indices[slot] === feature ? 0 : value)) };
}

/** One feature's activations out of codes: float32 [rows]. */
export function rowOf({ rows, width, indices, values }: SparseCodes, feature: number): Float32Array {
  const out = new Float32Array(rows);
  for (let slot = 0; slot < rows * width; slot++) if (values[slot] !== 0 && indices[slot] === feature) out[Math.floor(slot / width)] = values[slot]!;
  return out;
}

/**
 * What a latent adds to the reconstruction of x float32 [rows, dIn], raw units: f_j d_j, with the norm of each row where the dictionary takes one;
 * decoded with it less decoded without it. float32 [rows, dOut]
 */
export function contribution({ dictionary }: Pick<LivePlace, 'dictionary'>, x: Float32Array, codes: SparseCodes, feature: number): Float32Array {
  const [whole, rest] = [dictionary.decode(codes, x), dictionary.decode(without(codes, feature), x)];
  return whole.map((value, i) => value - rest[i]!);
}

/** What a latent would add to each row if it had this activation everywhere: float32 [rows, dOut]. */
export function contributionAt(place: Pick<LivePlace, 'dictionary'>, x: Float32Array, rows: number, feature: number, activation: number): Float32Array {
  const codes = { rows, width: 1, indices: new Int32Array(rows).fill(feature), values: new Float32Array(rows).fill(activation) };
  return contribution(place, x, codes, feature);
}
