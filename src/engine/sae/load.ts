/** Opens a dictionary, ours or one of another format. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { loadBackend } from '../backend/load.ts';
import { LoupeError } from '../../shared/errors.ts';
import { foreignProvenance, openForeign } from '../convert/open-foreign.ts';
import { configFile, isSaeLensFolder } from '../formats/sae-lens.ts';
import type { DictionaryProvenance } from './dictionary.ts';
import { LoadedDictionary } from './inference.ts';
import { OwnDictionary } from './own-dictionary.ts';
import { ownVariantOf, readOwn } from './own-file.ts';
import { provenanceFile, readProvenance, verifyCheck } from './provenance.ts';
import type { UnitsDictionary } from './units-dictionary.ts';
import { isUnitsFolder, readUnits } from './units-file.ts';

/** True where a folder holds a dictionary that only its variant's own code can compute. Kind bad-file where cfg.json is broken. */
export function isOwnFolder(folder: string): boolean {
  return existsSync(join(folder, configFile)) && ownVariantOf(folder) !== null;
}

/** Reads a folder of ours, or of any other format (convert/registry.ts); the result puts it on the backend. */
function openerOf(folder: string, provenance: DictionaryProvenance | null): () => LoadedDictionary | OwnDictionary | UnitsDictionary {
  if (isUnitsFolder(folder)) return readUnits(folder);
  if (isOwnFolder(folder)) {
    const { variant, weights } = readOwn(folder);
    if (provenance === null) throw new LoupeError('bad-file', `${folder} has no ${provenanceFile}: copy the folder again as a whole.`);
    return () => new OwnDictionary(variant, weights, provenance);
  }
  // cfg.json of SAELens says how matrices lie, and a check of ours would find out; other files are asked about where shapes cannot tell
  const { weights, about } = openForeign(folder, provenance !== null || isSaeLensFolder(folder) ? 'documented' : 'ask');
  return () => new LoadedDictionary(weights, provenance ?? foreignProvenance(about));
}

/**
 * Loads a dictionary onto the backend (which is chosen and loaded where none is yet), and compares it with the check triple of its
 * loupe.json, where it has one. The caller disposes it.
 *
 * Kinds: not-found, bad-file, unsupported, not-finite, mismatch.
 */
export async function loadDictionary(folder: string): Promise<LoadedDictionary | OwnDictionary | UnitsDictionary> {
  if (!existsSync(folder)) throw new LoupeError('not-found', `there is no dictionary ${folder}. Check the path.`);
  const provenance = readProvenance(folder);
  const open = openerOf(folder, provenance);
  await loadBackend();
  const dictionary = open();
  try {
    if (provenance !== null) verifyCheck(dictionary, provenance.check, folder);
    return dictionary;
  } catch (error) {
    dictionary.dispose();
    throw error;
  }
}
