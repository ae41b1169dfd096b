/** Options that `loupe prompt` and `loupe steer` share, and how they become what the engine is asked. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { z } from 'zod';
import { LoupeError } from '../../shared/errors.ts';
import type { Place, Prompt } from '../../shared/schema/live.ts';
import { required } from '../options.ts';

type Options = Readonly<Record<string, unknown>>;

export function liveOptions(command: Command): Command {
  return command
    .option('--model <path>', 'Hugging Face folder or GGUF file')
    .option('--text <text>', 'the text')
    .option('--text-file <path>', 'a file with the text, in place of --text')
    .option('--hook <name>', "hook that the dictionary reads (default: the dictionary's own)")
    .option('--chat', "the text is a user's message in the model's chat template")
    .option('--no-lead', 'put nothing before the text (default: the token that stood before documents in training)');
}

/** The text of --text or --text-file. Kinds: bad-request, not-found. */
function textOf(options: Options): string {
  const file = options['textFile'];
  if (typeof file !== 'string') return required(options, 'text', 'a text, or --text-file');
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new LoupeError('not-found', `--text-file: ${file} cannot be read (${(error as Error).message}).`);
  }
}

export function promptOf(options: Options): Prompt {
  return { text: textOf(options), chat: options['chat'] === true, lead: options['lead'] === false ? 'none' : 'auto' };
}

export const modelOf = (options: Options): string => resolve(required(options, 'model', 'a model: a folder or a GGUF file'));

export function placeOf(options: Options, path: string): Place {
  const hook = options['hook'];
  return { path: resolve(path), hook: typeof hook === 'string' ? hook : null };
}

/** What the schema makes of `value`. Kind bad-request names the fields by their options. */
export function checked<T>(schema: z.ZodType<T>, value: unknown): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const named = parsed.error.issues.map(({ path, message }) => `--${path.filter((part) => part !== 'prompt').join('.').replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}: ${message}`);
  throw new LoupeError('bad-request', named.join('; '));
}
