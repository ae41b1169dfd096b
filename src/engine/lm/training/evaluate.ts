/** Loss and perplexity of any language model, on tokens of its own run or of a corpus. */
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import { LoupeError } from '../../../shared/errors.ts';
import { loadBackend } from '../../backend/load.ts';
import { openGames } from '../../corpora/games.ts';
import { breathe } from '../../job.ts';
import { crossEntropySum } from '../../ops/cross-entropy.ts';
import { scoped } from '../../ops/scope.ts';
import type { LanguageModel } from '../definition.ts';
import type { ExpertsOff } from '../experts/experts-off.ts';
import { readMaskFile } from '../experts/mask-file.ts';
import { chessJson, evaluateChess, type ChessWatch } from '../chess/evaluate.ts';
import { loadModel } from '../load.ts';
import { openData } from './text-source.ts';
import { TokenFiles } from './token-files.ts';

/** Where figures of a model are kept beside it. */
export const evaluationFile = 'evaluation.json';

export interface LmEvalOptions {
  readonly model: string;
  /** null: the validation tokens of the model's own run. */
  readonly data: string | null;
  /** At most. */
  readonly tokens: number;
  /** A file of experts that are switched off, or null. */
  readonly mask?: string | null;
  /** Games that a model of chess is measured on beside, or null: a file of games, of which those count that no training saw, so many at most. */
  readonly chess?: { readonly games: string; readonly most: number } | null;
}

/** Logits of one pass at most, in numbers. */
const mostLogits = 1 << 25;

/** Kinds: not-found, bad-request (a corpus too short, a model without its run's tokens, too few games), unsupported (games for a model that reads none), and those of opening a model. */
export async function evaluateLm({ model: path, data, tokens, mask = null, chess = null }: LmEvalOptions, signal: AbortSignal, progress: ChessWatch['progress'] = () => {}): Promise<Record<string, unknown>> {
  await loadBackend();
  const model = await loadModel(path);
  try {
    const off = mask === null ? undefined : readMaskFile(mask, model);
    const own = data === null ? TokenFiles.validationOf(join(path, 'data'), model.config.contextLength) : null;
    const { sum, count } = await corpusLoss(model, await evaluationTokens(model, path, data, tokens), signal, off, own?.starts ?? null);
    const loss = sum / count;
    const board = chess === null ? {} : await boardFigures(model, chess, signal, progress);
    return { model: path, data: data ?? 'validation', tokens: count, loss, perplexity: Math.exp(loss), bits_per_token: loss / Math.LN2, ...(off === undefined ? {} : { mask, experts_off: off.size }), ...board };
  } finally {
    model.dispose();
  }
}

async function boardFigures(model: LanguageModel, { games: path, most }: NonNullable<LmEvalOptions['chess']>, signal: AbortSignal, progress: ChessWatch['progress']): Promise<Record<string, unknown>> {
  const games: string[] = [];
  for await (const { text } of openGames(path).heldOut!()) {
    games.push(text);
    if (games.length >= most) break;
  }
  return chessJson(await evaluateChess(model, games, {}, { signal, progress }));
}

/** At most `limit` tokens to measure a model on, int32 [tokens]: the first of a corpus, or (null) those that its own run kept for validation. Kinds: bad-request, not-found. */
export async function evaluationTokens(model: LanguageModel, path: string, data: string | null, limit: number): Promise<Int32Array> {
  const ids = data === null ? ownTokens(path) : await corpusTokens(model, data, limit);
  return ids.subarray(0, Math.min(ids.length, limit));
}

function ownTokens(path: string): Int32Array {
  const found = TokenFiles.validationOf(join(path, 'data'));
  if (found !== null) return found.tokens;
  throw new LoupeError('bad-request', `data: ${path} keeps no validation tokens of its own: name a corpus, like --data text`);
}

async function corpusTokens(model: LanguageModel, data: string, limit: number): Promise<Int32Array> {
  const { tokenizer } = model;
  const end = tokenizer.eosTokenId ?? tokenizer.bosTokenId;
  const all: number[] = [];
  for await (const { text } of (await openData(data)).documents()) {
    for (const id of tokenizer.encode(text)) all.push(id);
    if (end !== null) all.push(end);
    if (all.length >= limit) break;
  }
  return Int32Array.from(all.slice(0, limit));
}

/**
 * Sum of -log p(next token) over whole contexts of tokens int32 [tokens], nats, and how many were predicted; without the experts in `off`. Contexts follow one
 * another, or begin at `starts`, int32 [contexts]. Kinds: bad-request (fewer than two tokens), cancelled.
 */
export async function corpusLoss(model: LanguageModel, ids: Int32Array, signal: AbortSignal, off?: ExpertsOff, starts: Int32Array | null = null): Promise<{ sum: number; count: number }> {
  if (ids.length < 2) throw new LoupeError('bad-request', `data: ${ids.length} tokens: there is nothing to predict. Give a longer text.`);
  const length = Math.min(model.config.contextLength, ids.length - 1);
  const begins = starts?.filter((start) => start + length < ids.length) ?? Int32Array.from({ length: Math.floor((ids.length - 1) / length) }, (_, i) => i * length);
  const contexts = begins.length;
  const batch = Math.max(1, Math.min(16, Math.floor(mostLogits / (length * model.config.vocab))));
  let sum = 0;
  for (let first = 0; first < contexts; first += batch) {
    await breathe();
    if (signal.aborted) throw new LoupeError('cancelled', 'the evaluation was stopped');
    const rows = Math.min(batch, contexts - first);
    const taken = (shift: number): Int32Array => Int32Array.from({ length: rows * length }, (_, at) => ids[begins[first + Math.floor(at / length)]! + (at % length) + shift]!);
    sum += scoped(() => {
      const { logits } = model.run(taken(0), rows, length, off === undefined ? {} : { off });
      const total = crossEntropySum(tf.reshape(logits!, [rows * length, -1]) as Tensor2D, taken(1)).dataSync()[0]!;
      logits!.dispose();
      return total;
    });
  }
  return { sum, count: contexts * length };
}
