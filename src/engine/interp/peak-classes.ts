/** What the strongest examples of each feature peak on: the class of most of those tokens. */
import type { ActivationStore } from '../store/types.ts';
import type { TokenClass } from '../../shared/schema/catalog.ts';
import type { ChunkExamples } from './build-files.ts';
import { majority, tokenClass } from './token-class.ts';

/** The class of a token id, looked up once each. */
export function classesOf(tokenizer: { readonly vocab: number; display(id: number): string; readonly specialTokenIds: ReadonlySet<number> }): (id: number) => TokenClass {
  const known = new Map<number, TokenClass>();
  return (id) => {
    let found = known.get(id);
    if (found === undefined) {
      found = id < tokenizer.vocab ? tokenClass(tokenizer.display(id), tokenizer.specialTokenIds.has(id)) : 'other';
      known.set(id, found);
    }
    return found;
  };
}

/** The token at the peak of each of the examples `which`, read from the store in runs of neighbouring contexts. */
function peakTokens(store: Pick<ActivationStore, 'tokens' | 'manifest'>, examples: ChunkExamples, which: readonly number[]): Map<number, number> {
  const { contextLength } = store.manifest;
  const order = [...which].sort((a, b) => examples.context[a]! - examples.context[b]!);
  const found = new Map<number, number>();
  for (let i = 0; i < order.length;) {
    const first = examples.context[order[i]!]!;
    let last = first;
    let end = i;
    for (; end < order.length && examples.context[order[end]!]! <= last + 1 && last - first < 1024; end++) last = examples.context[order[end]!]!;
    const tokens = store.tokens(first, last - first + 1);
    for (; i < end; i++) found.set(order[i]!, tokens[(examples.context[order[i]!]! - first) * contextLength + examples.peak[order[i]!]!]!);
  }
  return found;
}

/**
 * For each feature the place in tokenClasses + 1 of the class that most of its strongest examples peak on, 0 where they are mixed or there are
 * none; uint8 [features]. `groups`: the groups of the strongest, above and below 0; the first that has any counts.
 */
export function peakClasses(examples: ChunkExamples, store: Pick<ActivationStore, 'tokens' | 'manifest'>, classOf: (id: number) => TokenClass, groups: readonly [number, number]): Uint8Array {
  const n = examples.offsets.length - 1;
  const strongest = Array.from({ length: n }, (_, i) => {
    const own = Array.from({ length: examples.offsets[i + 1]! - examples.offsets[i]! }, (__, at) => examples.offsets[i]! + at);
    const above = own.filter((e) => examples.group[e] === groups[0]);
    return above.length > 0 ? above : own.filter((e) => examples.group[e] === groups[1]);
  });
  const tokens = peakTokens(store, examples, strongest.flat());
  return Uint8Array.from(strongest, (own) => majority(own.map((e) => classOf(tokens.get(e)!))));
}
