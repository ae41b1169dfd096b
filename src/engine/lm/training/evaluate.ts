/** Loss and perplexity of any language model, on tokens of its own run or of a corpus. */
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import { LoupeError } from '../../../shared/errors.ts';
import { loadBackend } from '../../backend/load.ts';
import { breathe } from '../../job.ts';
import { crossEntropySum } from '../../ops/cross-entropy.ts';
import { scoped } from '../../ops/scope.ts';
import type { LanguageModel } from '../definition.ts';
import type { ExpertsOff } from '../experts/experts-off.ts';
import { readMaskFile } from '../experts/mask-file.ts';
import { loadModel } from '../load.ts';
import { openData } from './text-source.ts';
import { TokenFiles } from './token-files.ts';

export interface LmEvalOptions {
  readonly model: string;
  /** null: the validation tokens of the model's own run. */
  readonly data: string | null;
  /** At most. */
  readonly tokens: number;
  /** A file of experts that are switched off, or null. */
  readonly mask?: string | null;
}

/** Logits of one pass at most, in numbers. */
const mostLogits = 1 << 25;

/** Kinds: not-found, bad-request (a corpus too short, a model without its run's tokens), and those of opening a model. */
export async function evaluateLm({ model: path, data, tokens, mask = null }: LmEvalOptions, signal: AbortSignal): Promise<Record<string, unknown>> {
  await loadBackend();
  const model = await loadModel(path);
  try {
    const off = mask === null ? undefined : readMaskFile(mask, model);
    const { sum, count } = await corpusLoss(model, await evaluationTokens(model, path, data, tokens), signal, off);
    const loss = sum / count;
    return { model: path, data: data ?? 'validation', tokens: count, loss, perplexity: Math.exp(loss), bits_per_token: loss / Math.LN2, ...(off === undefined ? {} : { mask, experts_off: off.size }) };
  } finally {
    model.dispose();
  }
}

/** At most `limit` tokens to measure a model on, int32 [tokens]: the first of a corpus, or (null) those that its own run kept for validation. Kinds: bad-request, not-found. */
export async function evaluationTokens(model: LanguageModel, path: string, data: string | null, limit: number): Promise<Int32Array> {
  const ids = data === null ? ownTokens(path) : await corpusTokens(model, data, limit);
  return ids.subarray(0, Math.min(ids.length, limit));
}

function ownTokens(path: string): Int32Array {
  const found = TokenFiles.validationOf(join(path, 'data'));
  if (found !== null) return found;
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

/** Sum of -log p(next token) over whole contexts of tokens int32 [tokens], nats, and how many were predicted; without the experts in `off`. Kinds: bad-request (fewer than two tokens), cancelled. */
export async function corpusLoss(model: LanguageModel, ids: Int32Array, signal: AbortSignal, off?: ExpertsOff): Promise<{ sum: number; count: number }> {
  if (ids.length < 2) throw new LoupeError('bad-request', `data: ${ids.length} tokens: there is nothing to predict. Give a longer text.`);
  const length = Math.min(model.config.contextLength, ids.length - 1);
  const contexts = Math.floor((ids.length - 1) / length);
  const batch = Math.max(1, Math.min(16, Math.floor(mostLogits / (length * model.config.vocab))));
  let sum = 0;
  for (let first = 0; first < contexts; first += batch) {
    await breathe();
    if (signal.aborted) throw new LoupeError('cancelled', 'the evaluation was stopped');
    const rows = Math.min(batch, contexts - first);
    const [from, to] = [first * length, (first + rows) * length];
    sum += scoped(() => {
      const { logits } = model.run(ids.slice(from, to), rows, length, off === undefined ? {} : { off });
      const total = crossEntropySum(tf.reshape(logits!, [rows * length, -1]) as Tensor2D, ids.slice(from + 1, to + 1)).dataSync()[0]!;
      logits!.dispose();
      return total;
    });
  }
  return { sum, count: contexts * length };
}
