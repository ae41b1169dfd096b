/** `loupe lm eval`: loss and perplexity, of models that Loupe trained and of any other that it opens. */
import { existsSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { usualGames } from '../../engine/corpora/games.ts';
import { writeJsonAtomic } from '../../engine/files/atomic.ts';
import { placeError } from '../../engine/files/place-errors.ts';
import { readsGames } from '../../engine/lm/chess/codes.ts';
import { openModel } from '../../engine/lm/open.ts';
import { evaluationFile, evaluateLm } from '../../engine/lm/training/evaluate.ts';
import { LoupeError } from '../../shared/errors.ts';
import type { CliCommand } from '../command.ts';
import { required, wholeNumber } from '../options.ts';

/** The games that a model is measured on: those named, or the usual ones where the model reads games; null for another model. */
function gamesFor(model: string, given: unknown): string | null {
  if (given !== undefined) return resolve(String(given));
  return existsSync(usualGames()) && readsGames(openModel(model).tokenizer()) ? usualGames() : null;
}

function boardText(json: Readonly<Record<string, unknown>>): string {
  const figure = (name: string): string => Number(json[name]).toFixed(3);
  return `${json['games']} held-out games: ${figure('legal_move_rate')} of ${json['legal_moves_asked']} moves are legal; coverage ${figure('coverage')} of ${json['properties']} board properties (${figure('coverage_fixed')} with one threshold), reconstruction F1 ${figure('reconstruction_f1')}`;
}

/** Kinds: bad-request for a model that is one file, read-only, no-space. */
function keepFigures(model: string, json: Readonly<Record<string, unknown>>): void {
  if (!statSync(model).isDirectory()) throw new LoupeError('bad-request', `--save: ${model} is a file: figures are kept in the folder of a model`);
  try {
    writeJsonAtomic(join(model, evaluationFile), json);
  } catch (error) {
    throw placeError(error, model);
  }
}

export const command: CliCommand = {
  name: 'lm eval',
  summary: 'Loss and perplexity of a language model',
  configure: (command) => void command
    .option('--model <path>', 'a model folder or a GGUF file')
    .option('--data <what>', "text (the sample corpus), or a file, a folder or a built-in corpus; without it the validation tokens of the model's own run")
    .option('--mask <file>', 'experts that are switched off, as lm purge --save writes them')
    .option('--tokens <n>', 'tokens at most', '65536')
    .option('--games <file>', 'games for a model of chess: those of held-out openings count (default: those of loupe data chess, where they are there)')
    .option('--chess-games <n>', 'held-out games at most, for legal moves, coverage and reconstruction of the board', '1000')
    .option('--no-chess', 'leave those out')
    .option('--save', "keep the figures beside the model (evaluation.json), where the studio's table of trained models shows them"),
  async run(_args, options, context) {
    const data = options['data'] === undefined ? null : String(options['data']);
    const model = resolve(required(options, 'model', 'a model folder or a GGUF file'));
    const mask = options['mask'] === undefined ? null : resolve(String(options['mask']));
    const games = options['chess'] === false ? null : gamesFor(model, options['games']);
    const chess = games === null ? null : { games, most: wholeNumber(options, 'chessGames', 1, 1_000_000) };
    const progress = (phase: string, step: number, total: number): void => context.progress({ phase, step, total, tokensPerSecond: 0, etaSeconds: null, metrics: {}, message: null });
    const json = await evaluateLm({ model, data, mask, tokens: wholeNumber(options, 'tokens', 2, 1_000_000_000), chess }, context.signal, progress);
    if (options['save'] === true) keepFigures(model, json);
    const loss = `loss ${Number(json['loss']).toFixed(4)} nats a token, perplexity ${Number(json['perplexity']).toFixed(3)}, over ${json['tokens']} tokens of ${json['data']}`;
    return { json, text: chess === null ? loss : `${loss}\n${boardText(json)}` };
  },
};
