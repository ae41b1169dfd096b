/** `loupe bench itda`: how long a dictionary of seen activations takes to build. */
import type { Command } from 'commander';
import { benchItda } from '../../engine/sae/itda/bench.ts';
import { LoupeError } from '../../shared/errors.ts';
import type { CliCommand } from '../command.ts';
import { wholeNumber } from '../options.ts';

function configure(command: Command): void {
  command
    .option('--tokens <n>', 'tokens to go over', '1000000')
    .option('--d <n>', 'width of the activations', '576')
    .option('--n <n>', 'most atoms', '8192')
    .option('--k <n>', 'atoms in a code', '40')
    .option('--tau <x>', 'share of the squared norm that may be left', '0.1')
    .option('--batch <n>', 'tokens at a time', '4096')
    .option('--features <n>', 'true directions of the data', '2304')
    .option('--active <n>', 'directions that a token sums', '8');
}

export const command: CliCommand = {
  name: 'bench itda',
  summary: 'Time the building of an ITDA dictionary on synthetic activations',
  configure,
  async run(_args, options, context) {
    const tau = Number(options['tau']);
    if (!(tau > 0 && tau < 1)) throw new LoupeError('bad-request', `--tau is "${String(options['tau'])}": give a number between 0 and 1`);
    const number = (name: string, least: number, most: number): number => wholeNumber(options, name, least, most);
    const settings = {
      tokens: number('tokens', 1, 1e9), d: number('d', 1, 65_536), dSae: number('n', 1, 32_768), k: number('k', 1, 4096), tau,
      batch: number('batch', 1, 65_536), features: number('features', 1, 1e6), active: number('active', 1, 1e6), seed: context.seed,
    };
    if (settings.active > settings.features) throw new LoupeError('bad-request', `--active is ${settings.active}, --features is ${settings.features}: choose active <= features`);
    const json = await benchItda(settings, context.log);
    return { json, text: `${json['seconds']} s for ${json['tokens']} tokens, ${json['atoms']} atoms, ${json['tokens_per_s']} tokens/s` };
  },
};
