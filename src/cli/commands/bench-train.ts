/** `loupe bench train`: tokens a second and memory of training steps, for bench/train-vs-peers. */
import type { Command } from 'commander';
import { benchTrain } from '../../engine/train/bench.ts';
import { precisions } from '../../engine/ops/low-precision.ts';
import { registry } from '../../engine/sae/registry.ts';
import { LoupeError } from '../../shared/errors.ts';
import type { CliCommand } from '../command.ts';
import { wholeNumber } from '../options.ts';

function configure(command: Command): void {
  command
    .option('--variant <id>', 'dictionary variant', 'topk')
    .option('--d <n>', 'width of the activations', '768')
    .option('--n <n>', 'latents', '6144')
    .option('--k <n>', 'latents kept for each token', '32')
    .option('--batch <n>', 'tokens a step', '4096')
    .option('--steps <n>', 'timed steps', '5')
    .option('--warmup <n>', 'steps before them', '2')
    .option('--l0 <n>', 'latents a token that ReLU and JumpReLU dictionaries start at, as late in a run; 0: at their own start', '0')
    .option('--precision <p>', `how latents are chosen: ${precisions.join(', ')}`, 'f32');
}

export const command: CliCommand = {
  name: 'bench train',
  summary: 'Time training steps on synthetic activations',
  configure,
  async run(_args, options, context) {
    const precision = precisions.find((name) => name === options['precision']);
    if (precision === undefined) throw new LoupeError('bad-request', `--precision is "${String(options['precision'])}": choose ${precisions.join(', ')}`);
    const variant = String(options['variant']);
    if (!registry.some(({ id }) => id === variant)) throw new LoupeError('bad-request', `--variant is "${variant}": choose ${registry.map(({ id }) => id).join(', ')}`);
    const number = (name: string, least: number, most: number): number => wholeNumber(options, name, least, most);
    const settings = {
      variant, dIn: number('d', 1, 65_536), dSae: number('n', 1, 4_194_304), k: number('k', 1, 100_000), batch: number('batch', 1, 1_048_576),
      steps: number('steps', 1, 100_000), warmup: number('warmup', 0, 1000), seed: context.seed, precision, l0: number('l0', 0, 100_000),
    };
    if (settings.k > settings.dSae) throw new LoupeError('bad-request', `--k is ${settings.k}, --n is ${settings.dSae}: choose k <= n`);
    const json = await benchTrain(settings, context.log, context.signal);
    const share = Math.round(Number(json['share_of_product_bound']) * 100);
    const speed = `${json['tokens_per_s']} tokens/s, ${json['ms_per_step']} ms a step: ${share} % of what one float32 product at ${json['product_gflops']} GFLOP/s would allow`;
    return { json, text: `${speed}; ${json['peak_rss_mb']} MiB at most, ${json['rss_empty_mb']} MiB empty` };
  },
};
