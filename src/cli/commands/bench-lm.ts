/** `loupe bench lm`: tokens a second and memory of a training step of a language model, or of generation with a cache, for bench/lm-vs-peers. */
import type { Command } from 'commander';
import { benchGenerate } from '../../engine/lm/bench-generate.ts';
import { benchLm } from '../../engine/lm/training/bench.ts';
import { LoupeError } from '../../shared/errors.ts';
import type { CliCommand } from '../command.ts';
import { setFields, wholeNumber } from '../options.ts';

function configure(command: Command): void {
  command
    .option('--mode <train|generate>', 'training steps, or generation with a cache', 'train')
    .option('--batch <n>', 'generate: texts that grow together', '1')
    .option('--prompt <n>', 'generate: tokens of a prompt', '64')
    .option('--new <n>', 'generate: new tokens of each text', '64')
    .option('--arch <id>', 'kind of layer', 'dense')
    .option('--d <n>', 'width of the residual stream', '256')
    .option('--layers <n>', 'blocks', '6')
    .option('--heads <n>', 'attention heads', '8')
    .option('--context <n>', 'tokens of a context', '256')
    .option('--tokens <n>', 'tokens of a step, whole contexts', '8192')
    .option('--vocab <n>', 'tokens of the vocabulary', '257')
    .option('--steps <n>', 'timed steps, or rounds of generation', '5')
    .option('--set <field=value...>', 'a field of the layer, like --set experts=4');
}

export const command: CliCommand = {
  name: 'bench lm',
  summary: 'Time training steps of a language model, or its generation',
  configure,
  async run(_args, options, context) {
    const length = wholeNumber(options, 'context', 2, 1_048_576);
    const model = {
      arch: String(options['arch']), layers: wholeNumber(options, 'layers', 1, 512), dModel: wholeNumber(options, 'd', 1, 65_536), heads: wholeNumber(options, 'heads', 1, 1024),
      context: length, vocab: wholeNumber(options, 'vocab', 1, 1 << 22), tiedEmbeddings: true, layer: setFields(options),
    };
    const steps = wholeNumber(options, 'steps', 1, 10_000);
    if (options['mode'] === 'generate') {
      const [batch, prompt, newTokens] = [wholeNumber(options, 'batch', 1, 65_536), wholeNumber(options, 'prompt', 1, length), wholeNumber(options, 'new', 1, length)];
      if (prompt + newTokens > length) throw new LoupeError('bad-request', `--prompt is ${prompt}, --new ${newTokens} and --context ${length}: give a context of at least ${prompt + newTokens}`);
      const json = await benchGenerate({ model, batch, prompt, newTokens, rounds: steps, seed: context.seed });
      return { json, text: `${json['tokens_per_s']} tokens/s, ${json['ms_per_round']} ms for ${batch * newTokens} tokens, ${json['peak_rss_mb']} MiB at most (${json['backend']})` };
    }
    if (options['mode'] !== 'train') throw new LoupeError('bad-request', `--mode is ${String(options['mode'])}: give train or generate`);
    const tokens = wholeNumber(options, 'tokens', 2, 1 << 26);
    if (tokens % length !== 0) throw new LoupeError('bad-request', `--tokens is ${tokens} and --context ${length}: give whole contexts, like ${Math.max(1, Math.round(tokens / length)) * length}`);
    const json = await benchLm({ model, batch: tokens / length, steps, seed: context.seed });
    return { json, text: `${json['tokens_per_s']} tokens/s, ${json['ms_per_step']} ms a step, ${json['peak_rss_mb']} MiB at most (${json['backend']})` };
  },
};
