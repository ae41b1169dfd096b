/** The parts of `tokenizer.json` and `tokenizer_config.json` that Loupe itself looks at, checked; the rest goes to the tokenizer library. */
import { z } from 'zod';
import { LoupeError } from '../../shared/errors.ts';

/** Sixty times the largest published vocabulary: tables as long as the largest id are made. */
const maxId = (1 << 24) - 1;
const tokenId = z.number().int().nonnegative().max(maxId);

/** Not z.record, which leaves out a token that is spelt __proto__. */
const vocabSchema = z.custom<Record<string, number>>(
  (value) => typeof value === 'object' && value !== null && !Array.isArray(value) && Object.values(value).every((id) => Number.isInteger(id) && id >= 0 && id <= maxId),
  { error: `an object of token ids, whole numbers from 0 to ${maxId}, is needed` },
);

const addedTokenSchema = z.looseObject({ id: tokenId, content: z.string(), special: z.boolean() });
const component = z.looseObject({ type: z.string() }).nullable();

export const tokenizerJsonSchema = z.looseObject({
  added_tokens: z.array(addedTokenSchema).default([]),
  normalizer: component.default(null),
  pre_tokenizer: component.default(null),
  post_processor: component.default(null),
  decoder: component.default(null),
  model: z.looseObject({
    type: z.string().optional(),
    vocab: z.union([vocabSchema, z.array(z.tuple([z.string(), z.number()]))]),
  }),
});
export type TokenizerJson = z.infer<typeof tokenizerJsonSchema>;

const tokenText = z.union([z.string(), z.looseObject({ content: z.string() }).transform((token) => token.content)]).nullish();

export const tokenizerConfigSchema = z.looseObject({
  bos_token: tokenText,
  eos_token: tokenText,
  unk_token: tokenText,
  pad_token: tokenText,
  chat_template: z.union([z.string(), z.array(z.looseObject({ name: z.string(), template: z.string() }))]).nullish(),
});
export type TokenizerConfig = z.infer<typeof tokenizerConfigSchema>;

/** Parses one of the two files; kind bad-file names the file and the first field that is wrong. */
export function parseTokenizerPart<T>(schema: z.ZodType<T>, value: unknown, path: string): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0]!;
  throw new LoupeError('bad-file', `${path}: ${issue.path.join('.') || 'the file'}: ${issue.message}. Fetch the tokenizer again.`);
}
