/** `loupe convert`: a dictionary from one format to another; what would change its function is refused. */
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { automatic, convertDictionary, formatNames } from '../../engine/convert/convert.ts';
import { layouts } from '../../engine/convert/open-foreign.ts';
import type { Layout } from '../../engine/convert/open-foreign.ts';
import { LoupeError } from '../../shared/errors.ts';
import type { CliCommand } from '../command.ts';
import { required } from '../options.ts';

function configure(command: Command): void {
  command
    .argument('<source>', 'folder or file of the dictionary')
    .argument('<destination>', 'folder to make (for openai: a file)')
    .option('--from <format>', `${formatNames.join(', ')}, or ${automatic}: found by the files`, automatic)
    .requiredOption('--to <format>', formatNames.join(', '))
    .option('--layout <layout>', `how square matrices lie, where shapes cannot tell: ${layouts.join(', ')}`);
}

function layoutOf(value: unknown): Layout {
  if (value === undefined) return 'ask';
  const known = layouts.find((layout) => layout === value);
  if (known !== undefined) return known;
  throw new LoupeError('bad-request', `--layout is "${String(value)}": give ${layouts.join(', ')}`);
}

export const command: CliCommand = {
  name: 'convert',
  summary: 'Bring a dictionary from one format to another: SAELens, dictionary_learning, sparsify, OpenAI, Gemma Scope, Loupe',
  configure,
  async run([source, destination], options) {
    const from = required(options, 'from', 'a format, or auto');
    const to = required(options, 'to', `one of ${formatNames.join(', ')}`);
    const [sourcePath, destinationPath] = [resolve(source!), resolve(destination!)];
    const result = await convertDictionary({ source: sourcePath, destination: destinationPath, from, to, layout: layoutOf(options['layout']) });
    const { dIn, dSae, dOut, form, notes, difference } = result;
    const sizes = `${form}, ${dSae} latents, ${dIn === dOut ? `width ${dIn}` : `${dIn} to ${dOut} wide`}`;
    const lines = [
      `${result.from} -> ${result.to}: ${destinationPath} (${sizes})`,
      `  read back: latents differ by ${difference.latents.toPrecision(2)}, reconstructions by ${difference.reconstruction.toPrecision(2)} of their size`,
      ...notes.map((note) => `  ${note}`),
    ];
    return { json: { ...result, source: sourcePath, destination: destinationPath }, text: lines.join('\n') };
  },
};
