/** Domains mixed to equal numbers of bytes, and the documents of one part of a domain in a seeded order. */
import type { CorpusDocument } from '../definition.ts';
import { shuffled } from '../order.ts';
import type { DomainText } from './definition.ts';
import { splitOf, type DomainSplit } from './split.ts';

/** The documents of one part, in an order that hangs on nothing but the domain. */
export async function* documentsOf(text: DomainText, split: DomainSplit): AsyncGenerator<CorpusDocument> {
  async function* part(): AsyncGenerator<CorpusDocument> {
    for await (const document of text.documents()) if (splitOf(document.group) === split) yield document;
  }
  yield* shuffled(part(), 0);
}

/**
 * Documents of all sources, each time from the one that has given the fewest bytes of UTF-8: at any point they differ by less than a document. Ends with the first source
 * that ends, so that none has more than another.
 */
export async function* equalBytes(sources: readonly AsyncIterable<CorpusDocument>[]): AsyncGenerator<CorpusDocument> {
  const open = sources.map((source) => ({ from: source[Symbol.asyncIterator](), bytes: 0 }));
  try {
    for (;;) {
      const least = open.reduce((a, b) => (b.bytes < a.bytes ? b : a));
      const next = await least.from.next();
      if (next.done === true) return;
      least.bytes += Buffer.byteLength(next.value.text) + 1;
      yield next.value;
    }
  } finally {
    for (const { from } of open) await from.return?.();
  }
}
