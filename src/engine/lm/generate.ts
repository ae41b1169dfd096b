/** Generation with a key-value cache: the prompt in one pass, then a token a pass. */
import * as tf from '@tensorflow/tfjs-core';
import { LoupeError } from '../../shared/errors.ts';
import { Random } from '../random.ts';
import type { LayerCache } from './attention.ts';
import { forward, type Decoder } from './decoder.ts';
import type { GenerateOptions, HookEdit } from './definition.ts';
import type { HookTable } from './hook-names.ts';
import { HookRun } from './hook-run.ts';
import { sampleToken } from './sampling.ts';

function checkOptions({ config }: Decoder, prompt: Int32Array, { maxNewTokens, temperature = 0, topP = 1 }: GenerateOptions): void {
  const refuse = (message: string): never => {
    throw new LoupeError('bad-request', message);
  };
  if (prompt.length === 0) refuse('the prompt is empty: give at least one token.');
  if (!Number.isInteger(maxNewTokens) || maxNewTokens < 0) refuse(`maxNewTokens is ${maxNewTokens}: give a whole number from 0.`);
  if (!(temperature >= 0) || !Number.isFinite(temperature)) refuse(`temperature is ${temperature}: give 0 (greedy) or more.`);
  if (!(topP > 0 && topP <= 1)) refuse(`topP is ${topP}: give more than 0 and at most 1.`);
  if (prompt.length >= config.contextLength) refuse(`the prompt has ${prompt.length} tokens and ${config.name} takes ${config.contextLength}: shorten it.`);
}

/** prompt int32 [n] -> the new tokens alone, int32 [at most maxNewTokens]. Ends at a stop id (which is kept), at a full context, or when onToken gives false. */
export function generate(decoder: Decoder, table: HookTable, prompt: Int32Array, options: GenerateOptions): Int32Array {
  checkOptions(decoder, prompt, options);
  const { temperature = 0, topP = 1, seed = 0, stopIds = decoder.config.eosTokenIds } = options;
  const random = Random.from(seed, 'generate');
  const layers: LayerCache[] = decoder.weights.blocks.map(() => ({ keys: null, values: null }));
  const limit = Math.min(options.maxNewTokens, decoder.config.contextLength - prompt.length);
  const made: number[] = [];
  try {
    let tokens = prompt;
    while (made.length < limit) {
      const past = { length: prompt.length + made.length - tokens.length, layers };
      const id = sampleToken(lastLogits(decoder, table, tokens, past, options.edits), temperature, topP, random);
      made.push(id);
      if (stopIds.includes(id) || options.onToken?.(id) === false) break;
      tokens = Int32Array.of(id);
    }
  } finally {
    for (const layer of layers) tf.dispose([layer.keys, layer.values].filter((tensor) => tensor !== null));
  }
  return Int32Array.from(made);
}

function lastLogits(decoder: Decoder, table: HookTable, tokens: Int32Array, past: { length: number; layers: readonly LayerCache[] }, edits: readonly HookEdit[] = []): Float32Array {
  const run = new HookRun(table, { batch: 1, length: tokens.length, past: past.length }, { edits });
  const logits = forward(decoder, { tokens, batch: 1, length: tokens.length, run, layers: decoder.config.layers, logits: true, lastOnly: true, past })!;
  try {
    return logits.dataSync<'float32'>();
  } finally {
    logits.dispose();
  }
}
