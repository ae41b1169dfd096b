/** The 32 characters of chess transcripts (data.md L.7): a token is a character, its id its place here. */
import { LoupeError } from '../../shared/errors.ts';

/** `;` begins a game. In the order of their codes. */
export const chessCharacters = ' #+-.0123456789;=BKNOQRabcdefghx';

const ids = new Map([...chessCharacters].map((character, id) => [character, id]));

/** Ids of a transcript's characters, int32 [characters]. Kind bad-request for one that no transcript has. */
export function encodeChess(text: string): Int32Array {
  return Int32Array.from(text, (character, at) => {
    const id = ids.get(character);
    if (id === undefined) throw new LoupeError('bad-request', `character ${at + 1} is ${JSON.stringify(character)}, which is none of the 32 of chess transcripts: ${chessCharacters.trim()} and the space.`);
    return id;
  });
}

/** The inverse of `encodeChess`. */
export function decodeChess(tokens: ArrayLike<number>): string {
  return Array.from(tokens, (id) => {
    const character = chessCharacters[id];
    if (character === undefined) throw new LoupeError('bad-request', `token ${id} is no character of chess transcripts: they have the ids 0 to ${chessCharacters.length - 1}.`);
    return character;
  }).join('');
}

/** The vocabulary in Hugging Face's form (tokenizer.json): BPE without merges, so that every character stays alone. */
export function chessTokenizerJson(): Record<string, unknown> {
  return {
    version: '1.0', truncation: null, padding: null, added_tokens: [], normalizer: null, pre_tokenizer: null, post_processor: null,
    decoder: { type: 'Fuse' },
    model: { type: 'BPE', dropout: null, unk_token: null, continuing_subword_prefix: null, end_of_word_suffix: null, fuse_unk: false, byte_fallback: false, ignore_merges: false, vocab: Object.fromEntries(ids), merges: [] },
  };
}
