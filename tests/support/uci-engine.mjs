// A chess engine for tests: speaks UCI, and ranks the legal moves by a fixed hash of them.
import { createInterface } from 'node:readline';
import { Chess } from 'chess.js';

let chess = new Chess();
let lines = 1;
const hash = (text) => [...text].reduce((sum, character) => (sum * 31 + character.codePointAt(0)) % 1009, 7);
const say = (line) => process.stdout.write(`${line}\n`);

createInterface({ input: process.stdin }).on('line', (line) => {
  if (line === 'uci') { say('id name Stand-in 1'); say('uciok'); }
  else if (line === 'isready') say('readyok');
  else if (line.startsWith('setoption name MultiPV value ')) lines = Number(line.split(' ').at(-1));
  else if (line.startsWith('position startpos')) {
    chess = new Chess();
    for (const move of line.split(' moves ')[1]?.split(' ') ?? []) chess.move({ from: move.slice(0, 2), to: move.slice(2, 4), promotion: move[4] });
  } else if (line.startsWith('go ')) {
    const moves = chess.moves({ verbose: true }).map(({ lan }) => ({ lan, score: hash(chess.fen() + lan) % 200 })).sort((a, b) => b.score - a.score).slice(0, lines);
    moves.forEach(({ lan, score }, i) => say(`info depth 1 seldepth 1 multipv ${i + 1} score cp ${score} nodes 10 nps 10 hashfull 0 time 1 pv ${lan}`));
    say(`bestmove ${moves[0]?.lan ?? '(none)'}`);
  }
});
