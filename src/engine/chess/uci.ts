/** A chess engine that speaks UCI in a process of its own: Stockfish, found on this machine or installed as a component. */
import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { LoupeError } from '../../shared/errors.ts';

/** One of the engine's best moves in a position. */
export interface RankedMove {
  /** Squares from and to, and the piece of a promotion: `e7e8q`. */
  readonly uci: string;
  /** For the side to move, in hundredths of a pawn; a mate in n counts 10,000 - n. */
  readonly centipawns: number;
}

export interface UciProgram {
  readonly program: string;
  readonly args: readonly string[];
}

const answerWithin = 30_000;
const mate = 10_000;

/** The move and score of an `info` line that holds them in full; null for other lines and for bounds. */
export function parseInfo(line: string): { readonly rank: number; readonly move: RankedMove } | null {
  const match = /^info .*?multipv (\d+) score (cp|mate) (-?\d+) (?!upperbound|lowerbound).*? pv (\S+)/.exec(line);
  if (match === null) return null;
  const value = Number(match[3]);
  const centipawns = match[2] === 'cp' ? value : Math.sign(value || -1) * (mate - Math.abs(value));
  return { rank: Number(match[1]), move: { uci: match[4]!, centipawns } };
}

export class UciEngine {
  readonly #child: ChildProcess;
  #lines: string[] = [];
  #wake: (() => void) | null = null;
  #ended: string | null = null;
  name = '';

  private constructor({ program, args }: UciProgram) {
    this.#child = spawn(program, [...args], { stdio: ['pipe', 'pipe', 'ignore'] });
    const end = (why: string): void => {
      this.#ended ??= why;
      this.#wake?.();
    };
    this.#child.on('error', (error) => end(error.message));
    this.#child.on('exit', (code, signal) => end(`it ended with ${signal ?? `status ${code}`}`));
    this.#child.stdin!.on('error', () => {});
    createInterface({ input: this.#child.stdout! }).on('line', (line) => {
      this.#lines.push(line);
      this.#wake?.();
    });
  }

  /** Starts the engine. `lines`: how many moves it ranks. Kind missing-component when it does not answer as an engine does. */
  static async start(program: UciProgram, lines: number): Promise<UciEngine> {
    const engine = new UciEngine(program);
    try {
      engine.#send('uci');
      for (const line of await engine.#until('uciok')) if (line.startsWith('id name ')) engine.name = line.slice(8).trim();
      engine.#send('setoption name Threads value 1', 'setoption name Hash value 16', `setoption name MultiPV value ${lines}`);
      await engine.newGame();
      return engine;
    } catch (error) {
      engine.stop();
      throw error;
    }
  }

  /** Forgets everything about earlier games: what it answers depends on the game alone. */
  async newGame(): Promise<void> {
    this.#send('ucinewgame', 'setoption name Clear Hash', 'isready');
    await this.#until('readyok');
  }

  /** The best moves after `moves` (in UCI's form) from the usual start, best first, searched over `nodes` positions. */
  async rank(moves: readonly string[], nodes: number): Promise<RankedMove[]> {
    this.#send(`position startpos${moves.length === 0 ? '' : ` moves ${moves.join(' ')}`}`, `go nodes ${nodes}`);
    const lines = await this.#until('bestmove');
    const best = new Map<number, RankedMove>();
    for (const line of lines) {
      const found = parseInfo(line);
      if (found !== null) best.set(found.rank, found.move);
    }
    if (best.size === 0) {
      const only = /^bestmove (\S+)/.exec(lines.at(-1)!)?.[1];
      return only === undefined || only === '(none)' ? [] : [{ uci: only, centipawns: 0 }];
    }
    // Lines of different depths may name one move twice: the better rank stands.
    const seen = new Set<string>();
    return [...best].sort(([a], [b]) => a - b).map(([, move]) => move).filter(({ uci }) => !seen.has(uci) && seen.add(uci));
  }

  stop(): void {
    this.#ended ??= 'it was stopped';
    this.#child.kill();
  }

  #send(...commands: string[]): void {
    this.#child.stdin!.write(commands.map((command) => `${command}\n`).join(''));
  }

  /** The lines up to the first that begins with `word`. */
  async #until(word: string): Promise<string[]> {
    const deadline = Date.now() + answerWithin;
    for (;;) {
      const at = this.#lines.findIndex((line) => line.startsWith(word));
      if (at >= 0) return this.#lines.splice(0, at + 1);
      if (this.#ended !== null) throw new LoupeError('missing-component', `the chess engine ${this.name || this.#child.spawnfile} does not answer: ${this.#ended}. Try --engine random, or install Stockfish.`);
      if (Date.now() > deadline) throw new LoupeError('missing-component', `the chess engine ${this.name || this.#child.spawnfile} did not answer "${word}" within ${answerWithin / 1000} s. Try --engine random, or another engine by --engine PROGRAM.`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, 1000);
        this.#wake = () => { clearTimeout(timer); resolve(); };
      });
      this.#wake = null;
    }
  }
}
