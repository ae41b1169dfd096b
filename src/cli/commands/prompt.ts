/** `loupe prompt`: the strongest features of each token of a text. */
import type { Command } from 'commander';
import { liveHandlers } from '../../engine/live/handlers.ts';
import type { Encoded, EncodedDictionary } from '../../shared/schema/live.ts';
import { encodeInputSchema } from '../../shared/schema/live.ts';
import type { CliCommand } from '../command.ts';
import { required, wholeNumber } from '../options.ts';
import { checked, liveOptions, modelOf, placeOf, promptOf } from './live.ts';

function configure(command: Command): void {
  liveOptions(command)
    .option('--dictionary <path>', 'a dictionary of any format that Loupe reads')
    .option('--beside <path>', 'a second dictionary, read in the same pass')
    .option('--top <n>', 'features a token', '5');
}

/** The features of one token, the strongest first. */
function featuresAt({ indices, values }: EncodedDictionary, token: number): { readonly feature: number; readonly activation: number }[] {
  const top = indices.shape[1]!;
  return Array.from({ length: top }, (_, i) => ({ feature: indices.data[token * top + i]!, activation: values.data[token * top + i]! })).filter(({ activation }) => activation !== 0);
}

function jsonOf(encoded: Encoded): Record<string, unknown> {
  const { tokens, counted, probability, dictionaries, model } = encoded;
  return {
    model, how: tokens.how,
    dictionaries: dictionaries.map(({ path, hash, variant, hooks, features }) => ({ path, hash, variant, hooks, features })),
    tokens: tokens.texts.map((text, i) => ({
      token: text, id: tokens.ids.data[i], counted: counted.data[i] === 1, probability: Number.isNaN(probability.data[i]) ? null : probability.data[i],
      features: dictionaries.map((dictionary) => featuresAt(dictionary, i)), latents: dictionaries.map(({ counts }) => counts.data[i]),
    })),
  };
}

function textOf({ tokens, dictionaries, counted }: Encoded): string {
  const width = Math.min(24, Math.max(...tokens.texts.map((text) => JSON.stringify(text).length)));
  const line = (text: string, i: number): string => {
    const found = dictionaries.map((dictionary) => featuresAt(dictionary, i).map(({ feature, activation }) => `${feature} ${activation.toPrecision(3)}`).join('  '));
    return `${JSON.stringify(text).slice(0, width).padEnd(width)}  ${found.join('  |  ')}${counted.data[i] === 1 ? '' : '  (does not count)'}`;
  };
  return [`${tokens.how}.`, ...tokens.texts.map(line)].join('\n');
}

export const command: CliCommand = {
  name: 'prompt',
  summary: 'The strongest features of each token of a text',
  configure,
  async run(_args, options) {
    const second = options['beside'];
    const paths = [required(options, 'dictionary', 'a dictionary'), ...(typeof second === 'string' ? [second] : [])];
    const input = checked(encodeInputSchema, {
      model: modelOf(options), prompt: promptOf(options), dictionaries: paths.map((path) => placeOf(options, path)), top: wholeNumber(options, 'top', 1, 256), rows: [], predictions: true,
    });
    const live = liveHandlers();
    try {
      const encoded = await live.liveEncode(input);
      return { json: jsonOf(encoded), text: textOf(encoded) };
    } finally {
      await live.liveRelease({});
    }
  },
};
