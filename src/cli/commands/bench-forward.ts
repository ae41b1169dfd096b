/** `loupe bench forward`: tokens a second and memory of a forward pass to a hook, for bench/forward-vs-peers. */
import type { Command } from 'commander';
import { benchForward } from '../../engine/lm/bench.ts';
import type { CliCommand } from '../command.ts';
import { required, wholeNumber } from '../options.ts';

function configure(command: Command): void {
  command
    .option('--model <path>', 'a folder with config.json and *.safetensors, or a GGUF file')
    .option('--hook <name>', 'hook to compute', 'blocks.9.hook_resid_post')
    .option('--batch <n>', 'rows', '16')
    .option('--context <n>', 'tokens a row', '128')
    .option('--passes <n>', 'timed passes', '5');
}

export const command: CliCommand = {
  name: 'bench forward',
  summary: 'Time forward passes to a hook',
  configure,
  async run(_args, options) {
    const json = await benchForward({
      model: required(options, 'model', 'a model folder or a GGUF file'), hook: String(options['hook']),
      batch: wholeNumber(options, 'batch', 1, 65_536), context: wholeNumber(options, 'context', 1, 1_048_576), passes: wholeNumber(options, 'passes', 1, 10_000),
    });
    return { json, text: `${json['tokens_per_s']} tokens/s, ${json['ms_per_pass']} ms a pass, ${json['peak_rss_mb']} MiB at most (${json['backend']})` };
  },
};
