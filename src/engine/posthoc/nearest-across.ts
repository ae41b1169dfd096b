/** The features of other dictionaries that are nearest to one direction; decoders are kept, so that the next feature is quick. */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { LoupeError } from '../../shared/errors.ts';
import { findDictionary } from '../interp/map/find-dictionary.ts';
import type { FoundDictionary } from '../interp/map/find-dictionary.ts';
import { dictionaryHash } from '../interp/build-key.ts';
import type { Dictionary } from '../sae/dictionary.ts';
import { requireDirections } from '../sae/directions.ts';
import { loadDictionary } from '../sae/load.ts';
import { nearestTo } from './match-rows.ts';

type FoundUnits = Pick<FoundDictionary, 'units'>;

/** Bytes of decoders that are kept. */
const mostBytes = 512 * 2 ** 20;

interface Kept extends FoundUnits {
  readonly stamp: string;
  readonly hash: string;
  readonly hookPoint: string;
  readonly wDec: Float32Array;
  readonly dSae: number;
}

const kept = new Map<string, Kept>();

function stampOf(path: string): string {
  const file = statSync(join(path, 'sae_weights.safetensors'), { throwIfNoEntry: false }) ?? statSync(path, { throwIfNoEntry: false });
  return file === undefined ? '' : `${file.size}/${file.mtimeMs}`;
}

async function decoderAt(path: string): Promise<Kept> {
  const stamp = stampOf(path);
  const known = kept.get(path);
  if (known?.stamp === stamp) return known;
  const dictionary: Dictionary = await loadDictionary(path);
  try {
    const { wDec, dSae, provenance, units } = dictionary;
    const fresh: Kept = { stamp, hash: dictionaryHash(dictionary), hookPoint: provenance.hookPoint, wDec, dSae, ...(units === undefined ? {} : { units }) };
    kept.delete(path);
    kept.set(path, fresh);
    forgetOldest();
    return fresh;
  } finally {
    dictionary.dispose();
  }
}

function forgetOldest(): void {
  const total = (): number => [...kept.values()].reduce((sum, { wDec }) => sum + wDec.byteLength, 0);
  for (const path of [...kept.keys()].slice(0, -1)) {
    if (total() <= mostBytes) return;
    kept.delete(path);
  }
}

export interface AcrossInput {
  readonly candidates: readonly string[];
  readonly hash: string;
  readonly provenance: string | null;
  readonly index: number;
  /** Nearest of each dictionary. */
  readonly k: number;
  readonly signed: boolean;
}

export interface Across {
  readonly dictionaries: { readonly path: string; readonly hash: string; readonly hookPoint: string; readonly nearest: { readonly index: number; readonly cosine: number }[] }[];
  /** Folders that could not be compared, and why. */
  readonly passed: string[];
}

/** Compares with every candidate of equal width but the dictionary itself. Kinds: not-found (the dictionary or the feature). */
export async function nearestAcross({ candidates, hash, provenance, index, k, signed }: AcrossInput): Promise<Across> {
  const passed: string[] = [];
  const found = await own(candidates, hash, provenance);
  if (found === null) throw new LoupeError('not-found', 'the dictionary of this catalog is not in the workspace. Add it there to compare its features with those of others.');
  if (index >= found.dSae) throw new LoupeError('not-found', `index: the dictionary has ${found.dSae} features, not ${index}`);
  requireDirections(found, 'comparison by directions');
  const d = found.wDec.length / found.dSae;
  const direction = found.wDec.slice(index * d, (index + 1) * d);
  const dictionaries: Across['dictionaries'] = [];
  for (const path of candidates) {
    try {
      const other = await decoderAt(path);
      if (other.hash === hash || other.wDec.length / other.dSae !== d) continue;
      dictionaries.push({ path, hash: other.hash, hookPoint: other.hookPoint, nearest: nearestTo(direction, { values: other.wDec, n: other.dSae }, k, signed) });
    } catch (error) {
      passed.push(`${path}: ${(error as Error).message}`.slice(0, 500));
    }
  }
  return { dictionaries, passed };
}

/** A decoder that was kept, else the one that is found. */
async function own(candidates: readonly string[], hash: string, provenance: string | null): Promise<Pick<FoundDictionary, 'wDec' | 'dSae' | 'units'> | null> {
  for (const path of candidates) if (kept.get(path)?.hash === hash) return decoderAt(path);
  const found = await findDictionary(candidates, hash, provenance, () => {});
  return found === null ? null : decoderAt(found.path);
}
