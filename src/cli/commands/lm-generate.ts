/** `loupe lm generate`: a model's continuation of a text. */
import { resolve } from 'node:path';
import { loadBackend } from '../../engine/backend/load.ts';
import { readMaskFile } from '../../engine/lm/experts/mask-file.ts';
import { loadModel } from '../../engine/lm/load.ts';
import { LoupeError } from '../../shared/errors.ts';
import type { CliCommand } from '../command.ts';
import { required, wholeNumber } from '../options.ts';

function number(options: Readonly<Record<string, unknown>>, name: string): number {
  const value = Number(options[name]);
  if (Number.isFinite(value)) return value;
  throw new LoupeError('bad-request', `--${name === 'topP' ? 'top-p' : name} is "${String(options[name])}": give a number`);
}

export const command: CliCommand = {
  name: 'lm generate',
  summary: 'What a language model writes behind a text',
  configure: (command) => void command
    .option('--model <path>', 'a model folder or a GGUF file')
    .option('--prompt <text>', 'the text to go on from')
    .option('--tokens <n>', 'new tokens at most', '128')
    .option('--temperature <x>', '0 takes the likeliest token', '0.8')
    .option('--mask <file>', 'experts that are switched off, as lm purge --save writes them')
    .option('--top-p <x>', 'only the likeliest tokens that reach this probability together', '0.95'),
  async run(_args, options, context) {
    const path = resolve(required(options, 'model', 'a model folder or a GGUF file'));
    const prompt = required(options, 'prompt', 'a text to go on from');
    const settings = { maxNewTokens: wholeNumber(options, 'tokens', 1, 1 << 20), temperature: number(options, 'temperature'), topP: number(options, 'topP'), seed: context.seed };
    await loadBackend();
    const model = await loadModel(path);
    try {
      const { tokenizer } = model;
      const off = options['mask'] === undefined ? {} : { off: readMaskFile(resolve(String(options['mask'])), model) };
      const ids = tokenizer.encode(prompt, { special: tokenizer.prependsBos });
      const begin = performance.now();
      const made = model.generate(ids, { ...settings, ...off });
      const seconds = (performance.now() - begin) / 1000;
      const text = tokenizer.decode(made);
      return { json: { model: path, prompt, text, tokens: made.length, tokens_per_s: made.length / seconds, seed: context.seed }, text: prompt + text };
    } finally {
      model.dispose();
    }
  },
};
