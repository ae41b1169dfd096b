/** Opens a dictionary folder, ours or one of SAELens. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { loadBackend } from '../backend/load.ts';
import { LoupeError } from '../../shared/errors.ts';
import { configFile, readSaeLens } from '../formats/sae-lens.ts';
import type { SaeLensConfig } from '../formats/sae-lens.ts';
import type { DictionaryProvenance } from './dictionary.ts';
import { LoadedDictionary } from './inference.ts';
import { OwnDictionary } from './own-dictionary.ts';
import { ownVariantOf, readOwn } from './own-file.ts';
import { provenanceFile, readProvenance, verifyCheck } from './provenance.ts';

/** What can be said of a folder that another program wrote. */
function foreignProvenance(config: SaeLensConfig): DictionaryProvenance {
  const { metadata } = config;
  return {
    format: 'loupe-dictionary', version: 1, variant: config.architecture, model: null, corpus: null,
    hookPoint: metadata.hook_name ?? '', contextLength: metadata.context_size ?? 128, prependBos: metadata.prepend_bos ?? true,
    config: { ...config }, seed: 0, tokensSeen: 0, codeVersion: `SAELens ${metadata.sae_lens_version ?? 'before 6'}`, backend: 'unknown',
    check: { x: '', latents: '', reconstruction: '' },
  };
}

/** Reads a folder of ours or of SAELens; the result puts it on the backend. */
function openerOf(folder: string, provenance: DictionaryProvenance | null): () => LoadedDictionary | OwnDictionary {
  if (existsSync(join(folder, configFile)) && ownVariantOf(folder) !== null) {
    const { variant, weights } = readOwn(folder);
    if (provenance === null) throw new LoupeError('bad-file', `${folder} has no ${provenanceFile}: copy the folder again as a whole.`);
    return () => new OwnDictionary(variant, weights, provenance);
  }
  const { config, weights } = readSaeLens(folder);
  return () => new LoadedDictionary(weights, provenance ?? foreignProvenance(config));
}

/**
 * Loads a dictionary onto the backend (which is chosen and loaded where none is yet), and compares it with the check triple of its
 * loupe.json, where it has one. The caller disposes it.
 *
 * Kinds: not-found, bad-file, unsupported, not-finite, mismatch.
 */
export async function loadDictionary(folder: string): Promise<LoadedDictionary | OwnDictionary> {
  if (!existsSync(folder)) throw new LoupeError('not-found', `there is no dictionary folder ${folder}. Check the path.`);
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
