import { browse } from '../workspace/browse.ts';
import type { HandlersOf } from './types.ts';

export function filesHandlers(): HandlersOf<'files'> {
  return { 'files.browse': ({ path }) => browse(path) };
}
