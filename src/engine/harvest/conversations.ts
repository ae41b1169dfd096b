/**
 * Conversations to contexts, one each: rendered with the model's own chat template and run alone from position 0, with no packing (FAST: Li
 * et al. 2025, arXiv 2506.07691). What is longer than a context is cut; what is shorter is padded with tokens of the document -1, which
 * count nowhere.
 */
import { messagesOf } from '../corpora/conversations.ts';
import type { CorpusDocument } from '../corpora/definition.ts';
import type { CorpusCursor } from '../store/types.ts';
import type { Tokenizer } from '../tokenizers/types.ts';
import { chainHash, changedCorpus, corpusStart, type PackedContext, type PackOptions } from './pack.ts';

/** The conversation as the model sees it: int32 ids. */
export function conversationTokens(document: CorpusDocument, tokenizer: Tokenizer): Int32Array {
  return tokenizer.encode(tokenizer.chat(messagesOf(document), false));
}

/** Contexts of the conversations, from `from` on. Kinds: mismatch (the corpus has changed), unsupported (no chat template). */
export async function* conversationContexts(
  documents: AsyncIterable<CorpusDocument>, tokenizer: Tokenizer, { contextLength }: Pick<PackOptions, 'contextLength'>, from: CorpusCursor = corpusStart,
): AsyncGenerator<PackedContext> {
  let [taken, hash] = [0, corpusStart.hash];
  for await (const document of documents) {
    taken++;
    hash = chainHash(hash, document);
    if (taken === from.documents && hash !== from.hash) throw changedCorpus(document.id);
    if (taken <= from.documents) continue;
    const ids = conversationTokens(document, tokenizer).subarray(0, contextLength);
    if (ids.length < 2) continue;
    const context = { tokens: new Int32Array(contextLength).fill(tokenizer.eosTokenId ?? 0), documents: new Int32Array(contextLength).fill(-1) };
    context.tokens.set(ids);
    context.documents.fill(taken - 1, 0, ids.length);
    yield { ...context, after: { documents: taken, tokens: ids.length, hash } };
  }
  if (taken < from.documents) throw changedCorpus('its end');
}
