/** A tokenizer of single bytes, as tokenizer.json: 256 bytes under their own numbers, and one token between documents. */
import { byteCharacters } from '../../tokenizers/bytes.ts';

export const endOfText = '<|endoftext|>';

/** The id between documents: behind the bytes. */
export const byteEnd = 256;

/** Text as bytes, what the tokenizer below makes of it: int32 [bytes]. */
export function encodeBytes(text: string): Int32Array {
  return Int32Array.from(Buffer.from(text, 'utf8'));
}

/** The text of such ids; bytes that are no text become U+FFFD, and the token between documents a line end. */
export function decodeBytes(ids: ArrayLike<number>): string {
  return Buffer.from(Array.from(ids, (id) => (id === byteEnd ? 0x0a : id))).toString('utf8');
}

/** tokenizer.json of single bytes. */
export function byteTokenizerJson(): Record<string, unknown> {
  return byteLevelJson(byteCharacters.map((character, id) => [character, id]), []);
}

/** tokenizer.json of a byte-level BPE; `endOfText` takes the id behind the vocabulary. */
export function byteLevelJson(vocab: readonly (readonly [string, number])[], merges: readonly (readonly [string, string])[]): Record<string, unknown> {
  const end = vocab.length;
  return {
    version: '1.0', truncation: null, padding: null,
    added_tokens: [{ id: end, content: endOfText, single_word: false, lstrip: false, rstrip: false, normalized: false, special: true }],
    normalizer: null,
    pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true },
    post_processor: null,
    decoder: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true },
    model: { type: 'BPE', dropout: null, unk_token: null, continuing_subword_prefix: null, end_of_word_suffix: null, fuse_unk: false, byte_fallback: false, vocab: Object.fromEntries([...vocab, [endOfText, end]]), merges: merges.map((pair) => [...pair]) },
  };
}
