/** `loupe eval`: how well a dictionary reconstructs, how sparsely, and what it costs the model; each figure with its definition. */
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { entryPath } from '../../engine/entry.ts';
import { evaluate, selfCheck } from '../../engine/eval/evaluate.ts';
import type { EvaluateConfig, EvaluateResult } from '../../engine/eval/evaluate.ts';
import type { CheckResult } from '../../engine/eval/self-check.ts';
import { LoupeError } from '../../shared/errors.ts';
import type { CliCommand, CliContext, CliResult } from '../command.ts';
import { required } from '../options.ts';
import { countOf, dataOptions, evaluatedConfigOf } from './analyse.ts';

type Options = Readonly<Record<string, unknown>>;

function configure(command: Command): void {
  dataOptions(command)
    .option('--metrics <list>', 'figures by name: fvu,l0,deltaCe..., or groups: reconstruction, sparsity, downstream, weights, compat (or compat.saelens_6_54...), histograms, all')
    .option('--splice-tokens <n>', 'tokens that downstream figures are taken over, spread over the data (default: 8192)')
    .option('--splice-batch <n>', 'contexts in one pass of the model (default: 4)')
    .option('--self-check', 'put dictionaries with known figures (identity, zero, mean) through the same code; without a store or a model on the small model that comes with Loupe');
}

/** The config that the options say, but for the dictionary. Kind bad-request names the option. */
export function evaluateConfigOf(options: Options): Omit<EvaluateConfig, 'dictionary'> {
  const metrics = options['metrics'] === undefined ? null : String(options['metrics']);
  return { ...evaluatedConfigOf(options), metrics, spliceTokens: countOf(options, 'spliceTokens', 8192), spliceBatch: countOf(options, 'spliceBatch', 4) };
}

function summary({ evaluation: { masked, unmasked }, downstream, records }: EvaluateResult): string {
  const { fvu, l0, dead, cosine, rows } = masked;
  const lines = [
    `FVU ${fvu.toPrecision(4)}, L0 ${l0.toPrecision(4)}, dead ${dead.toPrecision(3)}, cosine ${cosine.toPrecision(4)} over ${rows} tokens `
    + `(position 0 and special tokens left out; with them FVU ${unmasked.fvu.toPrecision(4)})`,
  ];
  if (downstream !== null) {
    const { ce, deltaCe, lossRecovered, lossRecoveredMean, kl, klScore, tokens } = downstream;
    lines.push(`delta CE ${deltaCe.toPrecision(4)} nats a token (of ${ce.toPrecision(4)}), loss recovered ${lossRecovered.toPrecision(4)} of a zero ablation, `
      + `${lossRecoveredMean.toPrecision(4)} of a mean ablation, KL ${kl.toPrecision(4)}, KL score ${klScore.toPrecision(4)} over ${tokens} tokens`);
  }
  const others = records.filter(({ id }) => id.startsWith('compat.') || id === 'coherence' || id === 'encoderDecoderCosine');
  return [...lines, ...others.map(({ id, value, definition }) => `${id} ${value?.toPrecision(5) ?? 'not a number'}  (${definition})`), ...new Set(records.flatMap(({ note }) => (note === '' ? [] : [note])))].join('\n');
}

const checkLine = ({ kind, metric, value, expected, ok }: CheckResult): string => `${ok ? 'ok  ' : 'FAIL'} ${kind}: ${metric} is ${value.toPrecision(6)}, must be ${expected}`;

async function runSelfCheck(options: Options, context: CliContext): Promise<CliResult> {
  const given = evaluateConfigOf(options);
  const onOwn = given.activations === null && given.model === null;
  const sample = { model: join(entryPath('resources'), 'tiny-llama'), corpus: 'wordnet', hook: given.hook ?? 'blocks.1.hook_resid_post', tokens: given.tokens ?? 4096, spliceTokens: 1024 };
  const results = await selfCheck(onOwn ? { ...given, ...sample } : given, context);
  const failed = results.filter(({ ok }) => !ok);
  const verdict = failed.length === 0 ? `all ${results.length} figures are what they must be` : `${failed.length} of ${results.length} figures are wrong: do not trust evaluations on this machine; send this with the output of "loupe doctor"`;
  return { json: { ok: failed.length === 0, checks: results }, text: [...results.map(checkLine), verdict].join('\n'), ...(failed.length === 0 ? {} : { status: 1 }) };
}

export const command: CliCommand = {
  name: 'eval',
  summary: 'How well a dictionary reconstructs stored activations, how sparsely, and what it costs the model',
  configure,
  async run(_args, options, context) {
    if (options['selfCheck'] === true) return runSelfCheck(options, context);
    const dictionary = resolve(required(options, 'dictionary', 'the folder of a dictionary'));
    const config = evaluateConfigOf(options);
    if (config.activations === null && config.corpus === null) throw new LoupeError('bad-request', '--activations is missing: give the folder of a store, or --model and --corpus');
    const result = await evaluate({ ...config, dictionary }, context);
    return { json: result.json, text: summary(result) };
  },
};
