/** The dictionary that a catalog was built from, among folders that may hold it: known by its hash. */
import { isDeepStrictEqual } from 'node:util';
import type { UnitsFacts } from '../../../shared/schema/units.ts';
import type { Dictionary } from '../../sae/dictionary.ts';
import { loadDictionary } from '../../sae/load.ts';
import { readProvenance } from '../../sae/provenance.ts';
import { dictionaryHash } from '../build-key.ts';

export interface FoundDictionary {
  readonly path: string;
  /** float32 [dSae, dOut] */
  readonly wDec: Float32Array;
  readonly dSae: number;
  /** Of units: whether they have directions (sae/directions.ts). */
  readonly units?: UnitsFacts;
}

/** Whether a folder's own record is that of the catalog: cheap to read, and right but for a folder that was changed since. */
function likely(path: string, provenance: string | null): boolean {
  try {
    return provenance !== null && isDeepStrictEqual(JSON.parse(JSON.stringify(readProvenance(path))), JSON.parse(provenance));
  } catch {
    return false;
  }
}

/** Decoder of the candidate whose hash is `hash`, or null. Candidates that cannot be loaded are named in `log` and passed over. */
export async function findDictionary(candidates: readonly string[], hash: string, provenance: string | null, log: (line: string) => void): Promise<FoundDictionary | null> {
  const order = [...candidates].sort((a, b) => Number(likely(b, provenance)) - Number(likely(a, provenance)));
  for (const path of order) {
    try {
      const dictionary: Dictionary = await loadDictionary(path);
      try {
        if (dictionaryHash(dictionary) === hash) return { path, wDec: dictionary.wDec, dSae: dictionary.dSae, ...(dictionary.units === undefined ? {} : { units: dictionary.units }) };
      } finally {
        dictionary.dispose();
      }
    } catch (error) {
      log(`${path} was passed over: ${(error as Error).message}`);
    }
  }
  return null;
}
