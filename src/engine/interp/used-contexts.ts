/** The contexts that the examples of a build refer to: only these go into the catalog. */
import type { ActivationStore } from '../store/types.ts';
import { readChunk } from './build-files.ts';
import type { ContextTokens } from './build-files.ts';

/** Numbers of the contexts that the chunks in `folder` refer to, rising. */
export function usedContexts(folder: string, chunks: number, contexts: number): Int32Array {
  const used = new Uint8Array(contexts);
  for (let chunk = 0; chunk < chunks; chunk++) for (const context of readChunk(folder, chunk).examples.context) used[context] = 1;
  const numbers: number[] = [];
  used.forEach((flag, number) => {
    if (flag === 1) numbers.push(number);
  });
  return Int32Array.from(numbers);
}

/** Tokens and documents of these contexts, read in runs of neighbours. */
export function readUsedContexts(store: ActivationStore, numbers: Int32Array): ContextTokens {
  const { contextLength } = store.manifest;
  const tokens = new Int32Array(numbers.length * contextLength);
  const documents = new Int32Array(tokens.length);
  for (let i = 0; i < numbers.length; ) {
    let n = 1;
    while (i + n < numbers.length && n < 1024 && numbers[i + n] === numbers[i]! + n) n++;
    tokens.set(store.tokens(numbers[i]!, n), i * contextLength);
    documents.set(store.documents(numbers[i]!, n), i * contextLength);
    i += n;
  }
  return { numbers, tokens, documents };
}
