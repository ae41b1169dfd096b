/** Games as text: `;1.e4 e5 2.Nf3 Nc6 3.…` (data.md L.7). No space behind a move's number, no result, no comments. */
import { Chess } from 'chess.js';
import { LoupeError } from '../../shared/errors.ts';
import { chessCharacters } from './vocabulary.ts';

/** The moves, in SAN, as a transcript. */
export function writeTranscript(moves: readonly string[]): string {
  return `;${moves.map((move, ply) => (ply % 2 === 0 ? `${ply / 2 + 1}.${move}` : move)).join(' ')}`;
}

/** The moves of a transcript as they are written, without asking whether they are legal. Kind bad-file names the place. */
export function splitTranscript(text: string): string[] {
  if (!text.startsWith(';')) throw new LoupeError('bad-file', 'a transcript begins with ";".');
  const alien = [...text].findIndex((character) => !chessCharacters.includes(character));
  if (alien >= 0) throw new LoupeError('bad-file', `character ${alien + 1} is ${JSON.stringify(text[alien])}, which no transcript has.`);
  const words = text.slice(1).split(' ').filter((word) => word !== '');
  return words.map((word, ply) => {
    const number = ply % 2 === 0 ? `${ply / 2 + 1}.` : '';
    if (!word.startsWith(number) || word.length === number.length || word.includes('.', number.length)) throw new LoupeError('bad-file', `ply ${ply + 1} is "${word}", where "${number}" and a move should stand.`);
    return word.slice(number.length);
  });
}

/** The game of a transcript, played to its end. Kind bad-file names the first move that is not legal, or not written as it should be. */
export function replay(text: string, onPly: (chess: Chess, ply: number) => void = () => {}): Chess {
  const chess = new Chess();
  for (const [ply, move] of splitTranscript(text).entries()) {
    let played: string;
    try {
      played = chess.move(move, { strict: true }).san;
    } catch {
      throw new LoupeError('bad-file', `ply ${ply + 1}: ${move} is not legal in ${chess.fen()}.`);
    }
    if (played !== move) throw new LoupeError('bad-file', `ply ${ply + 1} is written ${move}, and ${played} is how it is written.`);
    onPly(chess, ply);
  }
  return chess;
}

/** Where in a transcript each ply's text begins (behind the number) and ends, in characters. */
export function plySpans(text: string): { readonly start: number; readonly end: number }[] {
  const spans: { start: number; end: number }[] = [];
  for (const match of text.matchAll(/(?:\d+\.)?([^\s.;]+)/g)) {
    const end = match.index + match[0].length;
    spans.push({ start: end - match[1]!.length, end });
  }
  return spans;
}
