/**
 * Conversations: documents that are lists of messages. Their text is the canonical JSON of the messages, so that shuffling, hashing and
 * resuming treat them as any other document; the harvest renders them with the model's own chat template.
 */
import { z } from 'zod';
import { LoupeError } from '../../shared/errors.ts';
import type { ChatMessage } from '../tokenizers/chat.ts';
import type { CorpusDocument } from './definition.ts';

/** Fields that chat sets keep their messages in, where the caller names none. */
const messageFields = ['messages', 'conversations', 'conversation'];

const message = z.object({ role: z.string().min(1).max(64), content: z.string() });
/** ShareGPT's names. */
const turn = z.object({ from: z.string().min(1).max(64), value: z.string() });
const shareGptRoles: Readonly<Record<string, string>> = { human: 'user', gpt: 'assistant', bing: 'assistant', chatgpt: 'assistant' };

export type ParsedConversation = { readonly text: string } | { readonly problem: string };

/** The conversation in a JSON object, as a document's text, or what is wrong with it. `field` is "text" where the caller names none. */
export function parseConversation(object: Readonly<Record<string, unknown>>, field: string): ParsedConversation {
  const name = [field, ...(field === 'text' ? messageFields : [])].find((candidate) => Array.isArray(object[candidate]));
  if (name === undefined) return { problem: `has no list of messages in ${field === 'text' ? messageFields.join(', ') : `"${field}"`}` };
  const messages: ChatMessage[] = [];
  for (const [i, item] of (object[name] as readonly unknown[]).entries()) {
    const plain = message.safeParse(item);
    const shared = plain.success ? null : turn.safeParse(item);
    if (plain.success) messages.push(plain.data);
    else if (shared!.success) messages.push({ role: shareGptRoles[shared!.data.from] ?? shared!.data.from, content: shared!.data.value });
    else return { problem: `has a message ${i} in "${name}" without role and content, or from and value` };
  }
  return messages.length === 0 ? { problem: `has no message in "${name}"` } : { text: JSON.stringify(messages.map(({ role, content }) => ({ role, content }))) };
}

/** The messages of a document of this kind. Kind defect for another document. */
export function messagesOf({ id, text }: CorpusDocument): readonly ChatMessage[] {
  try {
    return z.array(message).parse(JSON.parse(text));
  } catch (cause) {
    throw new LoupeError('defect', `the document ${id} is no conversation`, undefined, { cause });
  }
}

/** Words in a gram (FAST: Li et al. 2025, arXiv 2506.07691, section 3). */
const gramWords = 20;
/** Sets that the grams are spread over: one JavaScript set ends at 2^24 entries. */
const shards = 1024;

/** Grams that were seen, as 52-bit hashes. */
class SeenGrams {
  readonly #sets = Array.from({ length: shards }, () => new Set<number>());

  has(gram: readonly string[]): boolean {
    const [shard, hash] = placeOf(gram);
    return this.#sets[shard]!.has(hash);
  }

  add(gram: readonly string[]): void {
    const [shard, hash] = placeOf(gram);
    this.#sets[shard]!.add(hash);
  }
}

/** Two multiplicative hashes of the words (FNV and a mixed one) as a shard and 52 further bits. */
function placeOf(gram: readonly string[]): [number, number] {
  const text = gram.join(' ');
  let [a, b] = [0x811c9dc5, 0x9e3779b9];
  for (let i = 0; i < text.length; i++) {
    a = Math.imul(a ^ text.charCodeAt(i), 0x01000193);
    b = Math.imul(b ^ text.charCodeAt(i), 0x85ebca6b);
    b ^= b >>> 13;
  }
  return [(a >>> 0) % shards, (b >>> 0) * 2 ** 20 + ((a >>> 12) & 0xfffff)];
}

/** The grams of a conversation's contents: runs of 20 words, or the whole where it is shorter [our choice]. */
function gramsOf(document: CorpusDocument): string[][] {
  const words = messagesOf(document).flatMap(({ content }) => content.split(/\s+/u).filter((word) => word !== ''));
  const count = Math.max(1, words.length - gramWords + 1);
  return Array.from({ length: count }, (_, i) => words.slice(i, i + gramWords));
}

/**
 * Leaves out each conversation that shares a 20-gram with an earlier one (FAST, arXiv 2506.07691). Grams are of words of the contents, not of the
 * rendered text, which begins with the same system prompt everywhere [our choice]; those of a conversation that is left out are not
 * remembered. Memory: about 50 bytes a word that is kept.
 */
export async function* withoutRepeats(documents: AsyncIterable<CorpusDocument>, log: (line: string) => void = () => {}): AsyncGenerator<CorpusDocument> {
  const seen = new SeenGrams();
  let [kept, dropped] = [0, 0];
  for await (const document of documents) {
    const grams = gramsOf(document);
    if (grams.some((gram) => seen.has(gram))) {
      dropped++;
      continue;
    }
    for (const gram of grams) seen.add(gram);
    kept++;
    yield document;
  }
  if (dropped > 0) log(`${dropped} of ${kept + dropped} conversations share ${gramWords} words in a row with an earlier one; left out`);
}
