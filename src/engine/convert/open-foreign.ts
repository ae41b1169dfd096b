/** Opens a dictionary of any format, known by its files. */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { LoupeError } from '../../shared/errors.ts';
import { openTorch } from '../formats/torch.ts';
import type { DictionaryProvenance } from '../sae/dictionary.ts';
import { transpose } from '../sae/weights.ts';
import type { DictionaryWeights } from '../sae/weights.ts';
import type { DictionaryAbout, DictionaryFormat, PortableDictionary } from './definition.ts';
import { formats } from './registry.ts';

/** What can be said in a loupe.json of a dictionary that another program wrote. */
export function foreignProvenance(about: DictionaryAbout): DictionaryProvenance {
  return {
    format: 'loupe-dictionary', version: 1, variant: about.architecture, model: null, corpus: null, hookPoint: about.hookPoint ?? '',
    contextLength: about.contextLength ?? 128, prependBos: about.prependBos ?? true,
    // Under the name that our own dictionaries have for it: without it a transcoder of equal widths would pass for a dictionary of its input.
    config: { ...about.details, ...(about.targetHook === null ? {} : { targetHook: about.targetHook }) }, seed: 0, tokensSeen: 0, codeVersion: about.writer,
    backend: 'unknown', check: { x: '', latents: '', reconstruction: '' },
  };
}

/**
 * How matrices lie where input and latents are equally many, so that shapes cannot tell: as the format documents it, or transposed. `ask` refuses
 * such a dictionary.
 */
export const layouts = ['documented', 'decoder-transposed', 'both-transposed'] as const;
export type Layout = (typeof layouts)[number] | 'ask';

export interface ForeignDictionary extends PortableDictionary {
  readonly format: DictionaryFormat;
}

/** What lies at a path that no format knows, for a message that says why. */
function found(path: string): string {
  if (!statSync(path).isDirectory()) return 'the file is of none of them';
  const names = readdirSync(path);
  const below = names.filter((name) => statSync(join(path, name), { throwIfNoEntry: false })?.isDirectory() === true && formats.some((format) => format.detect(join(path, name))));
  if (below.length > 0) return `but ${below.slice(0, 8).join(', ')} below it ${below.length === 1 ? 'is one' : 'are'}: name ${below.length === 1 ? 'it' : 'one of them'}`;
  return names.length === 0 ? 'the folder is empty' : `the folder has ${names.slice(0, 12).join(', ')}`;
}

/** The format of a path. Kinds: not-found, bad-file with what each format looks like and what lies there. */
export function detectFormat(path: string): DictionaryFormat {
  if (!existsSync(path)) throw new LoupeError('not-found', `there is no dictionary ${path}. Check the path.`);
  const known = formats.find((format) => format.detect(path));
  if (known !== undefined) return known;
  // a torch file that is damaged, or carries a payload, says so itself
  if (/\.(pt|pth)$/.test(path) && statSync(path).isFile()) openTorch(path).close();
  const wanted = formats.map(({ title, holds }) => `${title}: ${holds}`).join('; ');
  throw new LoupeError('bad-file', `${path} is no dictionary that Loupe knows (${wanted}); ${found(path)}.`);
}

/** Undoes a transposition of square matrices. Kind bad-request where there is something to ask. */
function laidOut(weights: DictionaryWeights, layout: Layout, path: string): DictionaryWeights {
  const { dIn, dOut, dSae } = weights;
  if (dSae !== dIn && dSae !== dOut) return weights;
  if (layout === 'ask') {
    throw new LoupeError('bad-request', `${path} has as many latents as dimensions (${dSae}): its shapes cannot tell whether a matrix lies transposed, and there is no stored check of what it computes. Convert it with --layout ${layouts.join(', --layout ')}.`);
  }
  return {
    ...weights,
    wEnc: layout === 'both-transposed' && dSae === dIn ? transpose(weights.wEnc, dSae, dIn) : weights.wEnc,
    wDec: layout !== 'documented' && dSae === dOut ? transpose(weights.wDec, dSae, dOut) : weights.wDec,
  };
}

/**
 * Reads a dictionary; `format` is found by its files where it is not given.
 *
 * Kinds: not-found, bad-file, unsupported, mismatch, not-finite; bad-request for square matrices under the layout `ask`.
 */
export function openForeign(path: string, layout: Layout, format: DictionaryFormat = detectFormat(path)): ForeignDictionary {
  if (!existsSync(path)) throw new LoupeError('not-found', `there is no dictionary ${path}. Check the path.`);
  const { weights, about, notes } = format.read(path, path);
  return { format, weights: laidOut(weights, layout, path), about, notes };
}
