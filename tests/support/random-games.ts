/** Short games of random legal moves, for tests of what reads games. */
import { Chess } from 'chess.js';
import { writeTranscript } from '../../src/engine/chess/transcript.ts';
import { Random } from '../../src/engine/random.ts';

/** `count` transcripts of `plies` plies at most, the same for the same seed. */
export function randomGames(count: number, plies: number, seed = 0): string[] {
  return Array.from({ length: count }, (_, game) => {
    const random = Random.from(seed, `game ${game}`);
    const chess = new Chess();
    for (let ply = 0; ply < plies && !chess.isGameOver(); ply++) {
      const moves = chess.moves();
      chess.move(moves[random.integer(moves.length)]!);
    }
    return writeTranscript(chess.history());
  });
}
