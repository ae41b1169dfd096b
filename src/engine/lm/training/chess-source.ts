/** Chess games to train on (corpora/games.ts): their characters are the tokens. */
import { chessCharacters, chessTokenizerJson, decodeChess, encodeChess } from '../../chess/vocabulary.ts';
import { endOfText } from './byte-tokenizer.ts';
import type { TextCoder } from './text-source.ts';

export { holdsGames, openGames, usualGames } from '../../corpora/games.ts';

const end = chessCharacters.length;

/** The 32 characters and a token between games. */
export function chessCoder(): TextCoder {
  const json = chessTokenizerJson();
  const model = json['model'] as { vocab: Record<string, number> };
  return {
    vocab: end + 1, end, endText: endOfText, encode: encodeChess,
    decode: (ids) => Array.from(ids, (id) => (id === end ? '\n' : decodeChess([id]))).join(''),
    json: {
      ...json, model: { ...model, vocab: { ...model.vocab, [endOfText]: end } },
      added_tokens: [{ id: end, content: endOfText, single_word: false, lstrip: false, rstrip: false, normalized: false, special: true }],
    },
  };
}
