/** Generation with a key-value cache: the prompt in one pass, then a token a pass. */
import { LoupeError } from '../../shared/errors.ts';
import { Random } from '../random.ts';
import { CachedContinuation } from './continuation.ts';
import type { Decoder } from './decoder.ts';
import type { GenerateOptions } from './definition.ts';
import type { HookTable } from './hook-names.ts';
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
  const { temperature = 0, topP = 1, seed = 0, stopIds = decoder.config.eosTokenIds, edits, off } = options;
  const random = Random.from(seed, 'generate');
  const text = new CachedContinuation(decoder, table, 1, off);
  const limit = Math.min(options.maxNewTokens, decoder.config.contextLength - prompt.length);
  const made: number[] = [];
  try {
    let tokens = prompt;
    while (made.length < limit) {
      const id = sampleToken(text.append(tokens, edits), temperature, topP, random);
      made.push(id);
      if (stopIds.includes(id) || options.onToken?.(id) === false) break;
      tokens = Int32Array.of(id);
    }
  } finally {
    text.dispose();
  }
  return Int32Array.from(made);
}
