/** `loupe lm eval`: loss and perplexity, of models that Loupe trained and of any other that it opens. */
import { resolve } from 'node:path';
import { evaluateLm } from '../../engine/lm/training/evaluate.ts';
import type { CliCommand } from '../command.ts';
import { required, wholeNumber } from '../options.ts';

export const command: CliCommand = {
  name: 'lm eval',
  summary: 'Loss and perplexity of a language model',
  configure: (command) => void command
    .option('--model <path>', 'a model folder or a GGUF file')
    .option('--data <what>', "text (the sample corpus), or a file, a folder or a built-in corpus; without it the validation tokens of the model's own run")
    .option('--mask <file>', 'experts that are switched off, as lm purge --save writes them')
    .option('--tokens <n>', 'tokens at most', '65536'),
  async run(_args, options, context) {
    const data = options['data'] === undefined ? null : String(options['data']);
    const model = resolve(required(options, 'model', 'a model folder or a GGUF file'));
    const mask = options['mask'] === undefined ? null : resolve(String(options['mask']));
    const json = await evaluateLm({ model, data, mask, tokens: wholeNumber(options, 'tokens', 2, 1_000_000_000) }, context.signal);
    return { json, text: `loss ${Number(json['loss']).toFixed(4)} nats a token, perplexity ${Number(json['perplexity']).toFixed(3)}, over ${json['tokens']} tokens of ${json['data']}` };
  },
};
