/** BERT's tokenizer out of its oldest form: `vocab.txt`, one token a line, and whether it lowers the case. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { LoupeError } from '../../shared/errors.ts';
import { readJsonFile } from './load.ts';
import { createTokenizer } from './tokenizer.ts';
import { parseTokenizerPart, tokenizerConfigSchema, tokenizerJsonSchema } from './tokenizer-json.ts';
import type { Tokenizer } from './types.ts';

/** Far above any published vocabulary. */
const maxBytes = 64 << 20;
const specials = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]'] as const;
const casing = z.looseObject({ do_lower_case: z.boolean().default(true), strip_accents: z.boolean().nullish(), tokenize_chinese_chars: z.boolean().default(true) });

/** The parts of tokenizer.json that a vocabulary of WordPiece stands for. `vocab` is token -> id. */
function tokenizerParts(vocab: Readonly<Record<string, number>>, options: z.infer<typeof casing>): unknown {
  const special = (name: string): unknown => ({ id: name, ids: [vocab[name]], tokens: [name] });
  return {
    added_tokens: specials.filter((name) => Object.hasOwn(vocab, name)).map((content) => ({ id: vocab[content], content, special: true, single_word: false, lstrip: false, rstrip: false, normalized: false })),
    normalizer: { type: 'BertNormalizer', clean_text: true, handle_chinese_chars: options.tokenize_chinese_chars, strip_accents: options.strip_accents ?? null, lowercase: options.do_lower_case },
    pre_tokenizer: { type: 'BertPreTokenizer' },
    post_processor: {
      type: 'TemplateProcessing',
      single: [{ SpecialToken: { id: '[CLS]', type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }, { SpecialToken: { id: '[SEP]', type_id: 0 } }],
      pair: [], special_tokens: { '[CLS]': special('[CLS]'), '[SEP]': special('[SEP]') },
    },
    decoder: { type: 'WordPiece', prefix: '##', cleanup: true },
    model: { type: 'WordPiece', unk_token: '[UNK]', continuing_subword_prefix: '##', max_input_chars_per_word: 100, vocab },
  };
}

/** The tokenizer of a folder that has `vocab.txt` and no tokenizer.json. Kinds: not-found, bad-file. */
export function loadWordPieceVocabulary(folder: string): Tokenizer {
  const path = join(folder, 'vocab.txt');
  if (!existsSync(path)) throw new LoupeError('not-found', `there is no ${path}. The folder needs tokenizer.json or vocab.txt.`);
  if (statSync(path).size > maxBytes) throw new LoupeError('bad-file', `${path} has more bytes than a vocabulary can need. Fetch it again.`);
  const lines = readFileSync(path, 'utf8').split('\n').map((line) => line.replace(/\r$/u, ''));
  if (lines.at(-1) === '') lines.pop();
  const vocab: Record<string, number> = Object.create(null) as Record<string, number>;
  lines.forEach((token, id) => { vocab[token] = id; });
  for (const name of ['[UNK]', '[CLS]', '[SEP]']) if (!Object.hasOwn(vocab, name)) throw new LoupeError('bad-file', `${path} lacks ${name}, which BERT cannot do without. Fetch it again.`);
  const configPath = join(folder, 'tokenizer_config.json');
  const raw = existsSync(configPath) ? readJsonFile(configPath) : {};
  const json = parseTokenizerPart(tokenizerJsonSchema, tokenizerParts({ ...vocab }, parseTokenizerPart(casing, raw, configPath)), path);
  return createTokenizer(json, parseTokenizerPart(tokenizerConfigSchema, raw, configPath), path);
}
