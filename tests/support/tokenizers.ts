/** Tokenizers for tests: small ones whose ids can be worked out by hand, and those of the reference implementations. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { GgufValue } from '../../src/engine/formats/gguf.ts';
import { createTokenizer } from '../../src/engine/tokenizers/tokenizer.ts';
import { parseTokenizerPart, tokenizerConfigSchema, tokenizerJsonSchema } from '../../src/engine/tokenizers/tokenizer-json.ts';
import type { Tokenizer } from '../../src/engine/tokenizers/types.ts';

export const byteLevel = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true };
export const special = (id: number, content: string): Record<string, unknown> => ({ id, content, single_word: false, lstrip: false, rstrip: false, normalized: false, special: true });

/** a 0, b 1, ab 2, a space 3, a newline 4, <s> 5, </s> 6; a and b merge. */
export function smallJson(model: Record<string, unknown> = {}, rest: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    added_tokens: [special(5, '<s>'), special(6, '</s>')], normalizer: null, pre_tokenizer: byteLevel, post_processor: null, decoder: byteLevel,
    model: { type: 'BPE', unk_token: null, vocab: { a: 0, b: 1, ab: 2, 'Ġ': 3, 'Ċ': 4 }, merges: [['a', 'b']], ...model }, ...rest,
  };
}

/** Through the same checks as a file. */
export function tokenizerOf(json: unknown, config: unknown = {}): Tokenizer {
  return createTokenizer(parseTokenizerPart(tokenizerJsonSchema, json, 'tokenizer.json'), parseTokenizerPart(tokenizerConfigSchema, config, 'tokenizer_config.json'), 'tokenizer.json');
}

/** What tests/parity/tokenizer_reference.py wrote about one tokenizer: `ids[i]` and `decoded[i]` belong to line i. */
export interface ReferenceCase {
  readonly json: { readonly added_tokens: readonly { readonly id: number; readonly content: string }[]; readonly model: { readonly vocab: Record<string, number>; readonly merges: readonly [string, string][] } };
  readonly config: Record<string, unknown>;
  readonly ids: readonly number[][];
  /** Of the first lines, with special tokens. */
  readonly special: readonly number[][];
  readonly decoded: readonly string[];
}

/** 300 hard lines and what transformers makes of them. */
export function readReference(): { readonly lines: readonly string[]; readonly gpt2: ReferenceCase; readonly llama: ReferenceCase } {
  const bytes = readFileSync(join(import.meta.dirname, '../parity/fixtures/tokenizers.json.gz'));
  return JSON.parse(gunzipSync(bytes).toString('utf8')) as ReturnType<typeof readReference>;
}

/** Metadata as a GGUF file has it; keys without their prefix. */
export function ggufTokenizer(fields: Readonly<Record<string, unknown>>): Map<string, GgufValue> {
  return new Map(Object.entries(fields).map(([key, value]) => [key.startsWith('tokenizer.') ? key : `tokenizer.ggml.${key}`, value as GgufValue]));
}
