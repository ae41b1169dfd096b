/** `loupe data chess`: a file of games, one transcript a line, from self-play or from a file of games. */
import { existsSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { extname, resolve } from 'node:path';
import type { Command } from 'commander';
import { readGames } from '../../engine/chess/games-file.ts';
import { generateGames, type GamesReport } from '../../engine/chess/generate.ts';
import { selfPlayDefaults, type SelfPlaySettings } from '../../engine/chess/self-play.ts';
import type { UciProgram } from '../../engine/chess/uci.ts';
import { writeFileAtomic } from '../../engine/files/atomic.ts';
import { usualGames } from '../../engine/lm/training/chess-source.ts';
import { installComponent } from '../../main/components.ts';
import { LoupeError } from '../../shared/errors.ts';
import type { CliCommand, CliContext, CliResult } from '../command.ts';

const stockfish = { id: 'stockfish', title: 'Stockfish', instead: 'Name an engine that is installed with --engine PROGRAM, or play any legal moves with --engine random.' };
const usualPlaces = ['/usr/games/stockfish', '/usr/bin/stockfish', '/usr/local/bin/stockfish', '/opt/homebrew/bin/stockfish'];

function configure(command: Command): void {
  command
    .option('--out <file>', 'the file of transcripts to write, its recipe beside it (default: where `loupe lm train --data chess` looks)')
    .option('--games <n>', 'games to keep', '8000')
    .option('--nodes <a-b>', 'positions that a side looks at for a move, drawn from this range for each game', `${selfPlayDefaults.nodes.join('-')}`)
    .option('--engine <name>', 'auto (an installed Stockfish, else the component), component, random (any legal move), or the path of an engine that speaks UCI', 'auto')
    .option('--workers <n>', 'engines at work at the same time', String(availableParallelism()))
    .option('--from <file>', 'take the games of this file (PGN or transcripts) and play none');
}

function whole(value: unknown, name: string): number {
  const number = Number(value);
  if (!Number.isInteger(number) || number < 1) throw new LoupeError('bad-request', `--${name} must be a whole number from 1, not "${String(value)}"`);
  return number;
}

/** `500` or `1000-5000`. */
function nodesOf(value: unknown): readonly [number, number] {
  const [low, high = low] = String(value).split('-').map((part) => whole(part, 'nodes'));
  if (high! < low!) throw new LoupeError('bad-request', `--nodes must rise, like 1000-5000, not "${String(value)}"`);
  return [low!, high!];
}

async function engineOf(name: string, context: CliContext): Promise<UciProgram | null> {
  if (name === 'random') return null;
  const installed = name === 'auto' ? usualPlaces.find((path) => existsSync(path)) : undefined;
  if (installed !== undefined) return { program: installed, args: [] };
  if (name !== 'auto' && name !== 'component') {
    if (!existsSync(name)) throw new LoupeError('not-found', `--engine: ${name} does not exist. Give the path of an engine that speaks UCI, auto, component or random.`);
    return extname(name) === '.js' ? { program: process.execPath, args: [resolve(name)] } : { program: resolve(name), args: [] };
  }
  return { program: process.execPath, args: [await installComponent(stockfish, context.signal, context.log)] };
}

function described(report: GamesReport, out: string): string {
  const count = (n: number): string => n.toLocaleString('en-US');
  return `${count(report.games)} games of ${report.engine}, ${count(report.characters)} characters, ${report.gamesPerSecond.toFixed(1)} games/s, at ${out}. ${count(report.short)} were too short, ${count(report.duplicates)} began as another. Positions after 20 plies that are different: ${(100 * report.differentAtPly20).toFixed(1)} %.`;
}

function fromFile(from: string, out: string): CliResult {
  if (!existsSync(from)) throw new LoupeError('not-found', `--from: ${from} does not exist. Check the path.`);
  const { transcripts, skipped } = readGames(readFileSync(from, 'utf8'));
  if (transcripts.length === 0) throw new LoupeError('bad-file', `--from: ${from} holds no legal game${skipped[0] === undefined ? '' : `; line ${skipped[0].line}: ${skipped[0].reason}`}.`);
  writeFileAtomic(out, transcripts.map((game) => `${game}\n`).join(''));
  const named = skipped.slice(0, 10).map(({ line, reason }) => `\n  line ${line}: ${reason}`).join('');
  return {
    json: { out, games: transcripts.length, skipped: skipped.length, skippedLines: skipped.slice(0, 1000) },
    text: `${transcripts.length.toLocaleString('en-US')} games at ${out}; ${skipped.length.toLocaleString('en-US')} were skipped${skipped.length === 0 ? '.' : `:${named}${skipped.length > 10 ? '\n  ...' : ''}`}`,
  };
}

async function run(_args: readonly string[], options: Readonly<Record<string, unknown>>, context: CliContext): Promise<CliResult> {
  const out = options['out'] === undefined ? usualGames() : resolve(String(options['out']));
  if (options['from'] !== undefined) return fromFile(resolve(String(options['from'])), out);
  const [games, workers] = [whole(options['games'], 'games'), whole(options['workers'], 'workers')];
  const settings: SelfPlaySettings = { ...selfPlayDefaults, nodes: nodesOf(options['nodes']) };
  const engine = await engineOf(String(options['engine']), context);
  const start = Date.now();
  const report = await generateGames({
    path: out, games, seed: context.seed, settings, engine, workers, signal: context.signal,
    progress: (done, total) => context.progress({ phase: 'chess games', step: done, total, tokensPerSecond: null, etaSeconds: done === 0 ? null : ((Date.now() - start) / 1000 / done) * (total - done), metrics: {}, message: null }),
  });
  return { json: { out, ...report }, text: described(report, out) };
}

export const command: CliCommand = { name: 'data chess', summary: 'Chess games by self-play, or those of a PGN file, as transcripts to train on', configure, run };
