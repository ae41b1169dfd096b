/** The tokenizer of a Hugging Face folder: `tokenizer.json`, `tokenizer_config.json`, and a chat template in its own file. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { LoupeError } from '../../shared/errors.ts';
import { createTokenizer } from './tokenizer.ts';
import { parseTokenizerPart, tokenizerConfigSchema, tokenizerJsonSchema } from './tokenizer-json.ts';
import type { Tokenizer } from './types.ts';

/** Larger than any published tokenizer.json. */
const maxBytes = 256 << 20;
const maxTemplateBytes = 1 << 20;

function readText(path: string, limit: number): string {
  const stat = statSync(path);
  if (!stat.isFile()) throw new LoupeError('bad-file', `${path} is no file. Fetch it again.`);
  if (stat.size > limit) throw new LoupeError('bad-file', `${path} has ${stat.size} bytes, more than the ${limit} that such a file can need.`);
  return readFileSync(path, 'utf8');
}

/** Reads and parses a JSON file of at most `limit` bytes. Kinds: not-found, bad-file. */
export function readJsonFile(path: string, limit = maxBytes): unknown {
  if (!existsSync(path)) throw new LoupeError('not-found', `there is no ${path}. The folder needs it beside the weights.`);
  const text = readText(path, limit);
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new LoupeError('bad-file', `${path} is not JSON (${(cause as Error).message}). Fetch it again.`, undefined, { cause });
  }
}

/** Kinds: not-found without a tokenizer.json, bad-file for one that cannot be used. */
export function loadTokenizer(folder: string): Tokenizer {
  const path = join(folder, 'tokenizer.json');
  const json = parseTokenizerPart(tokenizerJsonSchema, readJsonFile(path), path);
  const configPath = join(folder, 'tokenizer_config.json');
  const config = parseTokenizerPart(tokenizerConfigSchema, existsSync(configPath) ? readJsonFile(configPath) : {}, configPath);
  const templatePath = join(folder, 'chat_template.jinja');
  const template = config.chat_template ?? (existsSync(templatePath) ? readText(templatePath, maxTemplateBytes) : null);
  return createTokenizer(json, { ...config, chat_template: template }, path);
}
