/** Typed text as the model reads it: tokenised, with what stood before documents in training, bounded. */
import type { Prompt, ReadTokens } from '../../shared/schema/live.ts';
import { liveLimits } from '../../shared/schema/live.ts';
import { vector } from '../../shared/schema/tensor.ts';
import { LoupeError } from '../../shared/errors.ts';
import type { LanguageModel } from '../lm/definition.ts';
import type { Tokenizer } from '../tokenizers/types.ts';

export interface PromptTokens {
  /** int32 [tokens] */
  readonly ids: Int32Array;
  /** Tokens that were put before the text. */
  readonly lead: number;
  /** How the text became tokens, in words. */
  readonly how: string;
}

/** The token that stands before a document in training: BOS where contexts began with one, else the EOS that parts documents (harvest/pack.ts). */
function leadOf(tokenizer: Tokenizer, prependBos: boolean): { readonly id: number; readonly why: string } | null {
  const { bosTokenId, eosTokenId } = tokenizer;
  if (prependBos && bosTokenId !== null) return { id: bosTokenId, why: 'the BOS token that contexts began with in training' };
  if (eosTokenId !== null) return { id: eosTokenId, why: 'the EOS token that parted documents in training' };
  return null;
}

function read(tokenizer: Tokenizer, { text, chat, lead }: Prompt, prependBos: boolean): PromptTokens {
  if (chat) return { ids: tokenizer.encode(tokenizer.chat([{ role: 'user', content: text }], true)), lead: 0, how: "the text is a user's message in the model's chat template" };
  const ids = tokenizer.encode(text);
  const before = lead === 'none' || ids[0] === tokenizer.bosTokenId ? null : leadOf(tokenizer, prependBos);
  if (before === null) return { ids, lead: 0, how: 'nothing was put before the text' };
  return { ids: Int32Array.from([before.id, ...ids]), lead: 1, how: `before the text stands ${tokenizer.display(before.id)}, ${before.why}` };
}

/**
 * The prompt's tokens; `prependBos`: contexts began with BOS where the dictionary was trained.
 *
 * Kinds: bad-request (no token, or more than 512 or the model's context), unsupported (no chat template).
 */
export function promptTokens(model: Pick<LanguageModel, 'config' | 'tokenizer'>, prompt: Prompt, prependBos: boolean): PromptTokens {
  const tokens = read(model.tokenizer, prompt, prependBos);
  const most = Math.min(liveLimits.tokens, model.config.contextLength);
  if (tokens.ids.length === tokens.lead) throw new LoupeError('bad-request', 'text: it has no token. Type something.');
  if (tokens.ids.length > most) throw new LoupeError('bad-request', `text: it has ${tokens.ids.length} tokens, and at most ${most} are looked at at once. Shorten it.`);
  return tokens;
}

/** 1 where a token counts in catalogs: not the first of the context and not special. uint8 [tokens] */
export function countedTokens(tokenizer: Pick<Tokenizer, 'specialTokenIds'>, ids: Int32Array): Uint8Array {
  return Uint8Array.from(ids, (id, position) => Number(position > 0 && !tokenizer.specialTokenIds.has(id)));
}

/** Token ids as the studio shows them. */
export function shownTokens(tokenizer: Tokenizer, { ids, lead, how }: PromptTokens): ReadTokens {
  return {
    texts: Array.from(ids, (id) => shownToken(tokenizer, id)), ids: vector(ids), lead, how,
    special: [...ids.keys()].filter((position) => tokenizer.specialTokenIds.has(ids[position]!)),
  };
}

/** A model may have more logits than its tokenizer has tokens. */
export function shownToken(tokenizer: Pick<Tokenizer, 'vocab' | 'display'>, id: number): string {
  return id < tokenizer.vocab ? tokenizer.display(id) : `[${id}]`;
}
