/** Every format of dictionaries that others read and write. A format is one file and one line here; its id is its name on the command line. */
import { LoupeError, nearestName } from '../../shared/errors.ts';
import { crosscoderRepo } from './crosscoder-repo.ts';
import type { DictionaryFormat } from './definition.ts';
import { dictionaryLearning } from './dictionary-learning.ts';
import { gemmaScope } from './gemma-scope.ts';
import { openai } from './openai.ts';
import { saeLens } from './saelens.ts';
import { sparsify } from './sparsify.ts';

/** Refuses two formats of one id: kind defect, when the module is loaded. */
export function checkedFormats(list: readonly DictionaryFormat[]): readonly DictionaryFormat[] {
  for (const [i, { id }] of list.entries()) {
    if (list.findIndex((other) => other.id === id) !== i) throw new LoupeError('defect', `two dictionary formats are called "${id}"`);
  }
  return list;
}

export const formats = checkedFormats([saeLens, dictionaryLearning, sparsify, openai, gemmaScope, crosscoderRepo]);

/** Kind bad-request for an unknown id, with the nearest and the list. `option` is the option's name. */
export function formatById(id: string, option: string, extra: readonly string[]): DictionaryFormat {
  const found = formats.find((format) => format.id === id);
  if (found !== undefined) return found;
  const names = [...extra, ...formats.map((format) => format.id)];
  const near = nearestName(id, names);
  throw new LoupeError('bad-request', `${option}: there is no format "${id}"${near === undefined ? '' : `; did you mean ${near}?`} The formats: ${names.join(', ')}`);
}
