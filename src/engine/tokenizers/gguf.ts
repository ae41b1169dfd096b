/** A GGUF file's own tokenizer, turned into the form of tokenizer.json: the gpt2 kind (byte-level BPE) and the llama kind (SentencePiece BPE). */
import { z } from 'zod';
import { LoupeError } from '../../shared/errors.ts';
import type { GgufValue } from '../formats/gguf.ts';
import { preTokenizerOf } from './gguf-pre-tokenizers.ts';
import { mergesFromScores } from './merges.ts';
import { createTokenizer } from './tokenizer.ts';
import { parseTokenizerPart, type TokenizerConfig, type TokenizerJson } from './tokenizer-json.ts';
import type { Tokenizer } from './types.ts';

/** Token types of `tokenizer.ggml.token_type`. */
const types = { normal: 1, unknown: 2, control: 3, userDefined: 4, unused: 5, byte: 6 } as const;

/** In UTF-16 units, several times the longest published token: finding a token's merges takes time that grows with its square. */
const maxTokenLength = 4096;

const id = z.number().int().nonnegative().optional();
const partsSchema = z.object({
  model: z.string(),
  pre: z.string().default('default'),
  tokens: z.array(z.string().max(maxTokenLength)),
  token_type: z.array(z.number()).optional(),
  merges: z.array(z.string()).optional(),
  scores: z.array(z.number()).optional(),
  bos_token_id: id,
  eos_token_id: id,
  unknown_token_id: id,
  padding_token_id: id,
  add_bos_token: z.boolean().optional(),
  add_eos_token: z.boolean().optional(),
  add_space_prefix: z.boolean().optional(),
});
type Parts = z.infer<typeof partsSchema>;

/** Kinds: not-found when the file has no tokenizer, unsupported for its kind or pre-tokenizer, bad-file when it contradicts itself. */
export function tokenizerFromGguf(metadata: ReadonlyMap<string, GgufValue>, origin: string): Tokenizer {
  const parts = readParts(metadata, origin);
  const build = parts.model === 'gpt2' ? byteLevelJson : parts.model === 'llama' ? sentencePieceJson : null;
  if (build === null) {
    throw new LoupeError('unsupported', `${origin} has a tokenizer of the kind ${JSON.stringify(parts.model)}; Loupe turns gpt2 and llama into its own form. Use the model's Hugging Face folder.`);
  }
  return createTokenizer(build(parts, origin), configOf(parts, metadata), origin);
}

function readParts(metadata: ReadonlyMap<string, GgufValue>, origin: string): Parts {
  if (!metadata.has('tokenizer.ggml.tokens')) throw new LoupeError('not-found', `${origin} holds no tokenizer. Use the model's Hugging Face folder.`);
  const fields: Record<string, unknown> = {};
  for (const [key, value] of metadata) if (key.startsWith('tokenizer.ggml.')) fields[key.slice('tokenizer.ggml.'.length)] = value;
  const parts = parseTokenizerPart(partsSchema, fields, origin);
  for (const key of ['token_type', 'scores'] as const) {
    const list = parts[key];
    if (list !== undefined && list.length !== parts.tokens.length) throw new LoupeError('bad-file', `${origin}: ${key} has ${list.length} items for ${parts.tokens.length} tokens.`);
  }
  for (const key of ['bos_token_id', 'eos_token_id', 'unknown_token_id', 'padding_token_id'] as const) {
    if ((parts[key] ?? 0) >= parts.tokens.length) throw new LoupeError('bad-file', `${origin}: ${key} is ${parts[key]}, and there are ${parts.tokens.length} tokens.`);
  }
  return parts;
}

/** A null-prototype record, so that a token named like a property of Object is a token. */
function vocabOf(tokens: readonly string[]): Record<string, number> {
  const vocab = Object.create(null) as Record<string, number>;
  tokens.forEach((token, index) => (vocab[token] ??= index));
  return vocab;
}

function addedTokens(parts: Parts): TokenizerJson['added_tokens'] {
  return parts.tokens.flatMap((content, index) => {
    const type = parts.token_type?.[index] ?? types.normal;
    if (type !== types.control && type !== types.userDefined) return [];
    return [{ id: index, content, single_word: false, lstrip: false, rstrip: false, normalized: false, special: type === types.control }];
  });
}

function template(parts: Parts, addBos: boolean): TokenizerJson['post_processor'] {
  const around = [addBos ? parts.bos_token_id : undefined, parts.add_eos_token === true ? parts.eos_token_id : undefined] as const;
  const special = (index: number | undefined): unknown[] => (index === undefined ? [] : [{ SpecialToken: { id: parts.tokens[index], type_id: 0 } }]);
  const used = around.filter((index) => index !== undefined);
  return {
    type: 'TemplateProcessing',
    single: [...special(around[0]), { Sequence: { id: 'A', type_id: 0 } }, ...special(around[1])],
    pair: [{ Sequence: { id: 'A', type_id: 0 } }, { Sequence: { id: 'B', type_id: 1 } }],
    special_tokens: Object.fromEntries(used.map((index) => [parts.tokens[index]!, { id: parts.tokens[index], ids: [index], tokens: [parts.tokens[index]] }])),
  };
}

function splitMerge(merge: string, origin: string): [string, string] {
  const space = merge.indexOf(' ', 1);
  if (space < 0) throw new LoupeError('bad-file', `${origin}: the merge ${JSON.stringify(merge)} is not two pieces with a space between.`);
  return [merge.slice(0, space), merge.slice(space + 1)];
}

function byteLevelJson(parts: Parts, origin: string): TokenizerJson {
  return {
    added_tokens: addedTokens(parts),
    normalizer: null,
    pre_tokenizer: preTokenizerOf(parts.pre, origin),
    post_processor: template(parts, parts.add_bos_token === true),
    decoder: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true },
    model: {
      type: 'BPE', dropout: null, unk_token: null, continuing_subword_prefix: null, end_of_word_suffix: null, fuse_unk: false, byte_fallback: false,
      ignore_merges: parts.pre.startsWith('llama'), vocab: vocabOf(parts.tokens), merges: (parts.merges ?? []).map((merge) => splitMerge(merge, origin)),
    },
  };
}

function sentencePieceJson(parts: Parts, origin: string): TokenizerJson {
  if (parts.scores === undefined) throw new LoupeError('bad-file', `${origin}: a tokenizer of the kind llama needs scores, and there are none.`);
  const usable = parts.tokens.map((_, index) => (parts.token_type?.[index] ?? types.normal) === types.normal);
  const prefix = parts.add_space_prefix ?? true;
  const strip = prefix ? [{ type: 'Strip', content: ' ', start: 1, stop: 0 }] : [];
  return {
    added_tokens: addedTokens(parts),
    normalizer: {
      type: 'Sequence',
      normalizers: [...(prefix ? [{ type: 'Prepend', prepend: '\u2581' }] : []), { type: 'Replace', pattern: { String: ' ' }, content: '\u2581' }],
    },
    pre_tokenizer: null,
    post_processor: template(parts, parts.add_bos_token ?? true),
    decoder: { type: 'Sequence', decoders: [{ type: 'Replace', pattern: { String: '\u2581' }, content: ' ' }, { type: 'ByteFallback' }, { type: 'Fuse' }, ...strip] },
    model: {
      type: 'BPE', dropout: null, unk_token: parts.tokens[parts.unknown_token_id ?? 0], continuing_subword_prefix: null, end_of_word_suffix: null, fuse_unk: true,
      byte_fallback: true, ignore_merges: false, vocab: vocabOf(parts.tokens), merges: mergesFromScores(parts.tokens, parts.scores, usable),
    },
  };
}

function configOf(parts: Parts, metadata: ReadonlyMap<string, GgufValue>): TokenizerConfig {
  const token = (index: number | undefined): string | null => (index === undefined ? null : parts.tokens[index]!);
  const chat = metadata.get('tokenizer.chat_template');
  return {
    bos_token: token(parts.bos_token_id),
    eos_token: token(parts.eos_token_id),
    unk_token: token(parts.unknown_token_id),
    pad_token: token(parts.padding_token_id),
    chat_template: typeof chat === 'string' ? chat : null,
    clean_up_tokenization_spaces: false,
  };
}
