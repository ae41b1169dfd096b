/** What the commands of `loupe analyse` share: the dictionary, and what it is analysed on. */
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { isBuiltIn } from '../../engine/corpora/registry.ts';
import type { EvaluatedConfig } from '../../engine/eval/open.ts';
import { wholeNumber } from '../options.ts';

type Options = Readonly<Record<string, unknown>>;

export function dataOptions(command: Command): Command {
  return command
    .option('--dictionary <dir>', 'folder of the dictionary')
    .option('--activations <dir>', 'activation store')
    .option('--model <path>', 'the language model: for what it costs, or in place of a store')
    .option('--corpus <path>', 'what the model is run over: in place of a store, or beside one for what the dictionary costs')
    .option('--hook <name>', "hook to read; the dictionary's own by default")
    .option('--target-hook <name>', "hook that a transcoder predicts; the dictionary's own by default")
    .option('--last <n>', 'only the last n tokens of the store, in whole contexts')
    .option('--tokens <n>', 'first n tokens of the corpus (default: 16384)')
    .option('--context-length <n>', 'tokens in a context of the corpus (default: 128)');
}

const text = (options: Options, name: string): string | null => (options[name] === undefined ? null : String(options[name]));
const path = (options: Options, name: string): string | null => (options[name] === undefined ? null : resolve(String(options[name])));

/** A whole number, or `otherwise` where the option is not given. Kind bad-request names the option. */
export const countOf = (options: Options, name: string, otherwise: number): number => (options[name] === undefined ? otherwise : wholeNumber(options, name, 1, 2 ** 40));

/** Where the rows come from. Kind bad-request names the option. */
export function evaluatedConfigOf(options: Options): EvaluatedConfig {
  const corpus = text(options, 'corpus');
  const size = options['activations'] === undefined ? 'tokens' : 'last';
  return {
    activations: path(options, 'activations'), model: path(options, 'model'),
    corpus: corpus === null || isBuiltIn(corpus) ? corpus : resolve(corpus),
    hook: text(options, 'hook'), targetHook: text(options, 'targetHook'),
    tokens: options[size] === undefined ? null : wholeNumber(options, size, 1, 2 ** 40),
    contextLength: countOf(options, 'contextLength', 128),
  };
}
