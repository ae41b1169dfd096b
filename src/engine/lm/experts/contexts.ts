/** Tokens in contexts of a model's length, some at a time, with a look at the abort between. */
import { LoupeError } from '../../../shared/errors.ts';
import { breathe } from '../../job.ts';

export interface ContextBatch {
  /** int32 [rows * length] */
  readonly tokens: Int32Array;
  readonly rows: number;
  readonly length: number;
  /** Where in all tokens the first of these stands. */
  readonly first: number;
}

/** Tokens int32 [tokens] in whole contexts of `length`, `rows` at most at a time; what is left over at the end is left out, but for a text shorter than one context. Kind cancelled. */
export async function* contextsOf(ids: Int32Array, length: number, rows: number, signal: AbortSignal): AsyncGenerator<ContextBatch> {
  const each = Math.min(length, ids.length);
  const contexts = Math.floor(ids.length / each);
  for (let done = 0; done < contexts; done += rows) {
    await breathe();
    if (signal.aborted) throw new LoupeError('cancelled', 'stopped; run it again to begin anew');
    const now = Math.min(rows, contexts - done);
    yield { tokens: ids.slice(done * each, (done + now) * each), rows: now, length: each, first: done * each };
  }
}

/** Tokens that `contextsOf` goes over. */
export function wholeTokens(count: number, length: number): number {
  const each = Math.min(length, count);
  return each === 0 ? 0 : Math.floor(count / each) * each;
}
