/** `loupe lm sparsity`: how many units fire, top-k curves, noise, and the measures of CRATE and MoE-X where they apply; of any model that Loupe runs. */
import { mkdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseConfig } from '../../engine/config-issues.ts';
import { measureSparsity, sparsityConfigSchema, writeStudy, type SparsityConfig } from '../../engine/lm/sparsity/job.ts';
import { LoupeError } from '../../shared/errors.ts';
import type { LayerSparsity, NoiseCurves, SparsityStudy } from '../../shared/schema/sparsity.ts';
import type { CliCommand, CliContext } from '../command.ts';
import { required, wholeNumber } from '../options.ts';

type Options = Readonly<Record<string, unknown>>;

/** "0,8,64" -> [0, 8, 64]; "none" -> []. Kind bad-request names the option and the word. */
function numbers(options: Options, name: string): number[] | undefined {
  const text = options[name];
  if (text === undefined) return undefined;
  if (text === 'none') return [];
  return String(text).split(',').map((word) => {
    const value = Number(word);
    if (word.trim() === '' || !Number.isFinite(value)) throw new LoupeError('bad-request', `--${name} is "${String(text)}": write numbers with commas between them, like 0,8,64, or none`);
    return value;
  });
}

function configOf(options: Options, { seed }: CliContext): SparsityConfig {
  const [topk, noise, substitution, keep] = [numbers(options, 'topk'), numbers(options, 'noise'), numbers(options, 'substitution'), numbers(options, 'keep')];
  const quiet = noise?.length === 0 && substitution?.length === 0;
  return parseConfig(sparsityConfigSchema, {
    model: resolve(required(options, 'model', 'a model folder or a GGUF file')), seed, untrained: options['untrained'] === true, eachLayer: options['eachLayer'] !== false,
    tokens: wholeNumber(options, 'tokens', 2, 10_000_000), topkTokens: topk?.length === 0 ? 0 : wholeNumber(options, 'curveTokens', 0, 10_000_000), noiseTokens: quiet ? 0 : wholeNumber(options, 'curveTokens', 0, 10_000_000),
    ...(options['data'] === undefined ? {} : { data: String(options['data']) }), ...(options['length'] === undefined ? {} : { length: wholeNumber(options, 'length', 1, 1 << 20) }),
    ...(options['epsilon'] === undefined ? {} : { epsilon: Number(options['epsilon']) }),
    ...(topk === undefined || topk.length === 0 ? {} : { topk }), ...(noise === undefined ? {} : { noise }), ...(substitution === undefined ? {} : { substitution }),
    ...(keep === undefined ? {} : { noiseKeep: keep }),
  }) as SparsityConfig;
}

/** Columns to the right, the first to the left. */
function table(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows.map((row) => row.map((cell, column) => (column === 0 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!))).join('  ')).join('\n');
}

const percent = (share: number): string => `${(100 * share).toFixed(2)} %`;
const nats = (value: number): string => value.toFixed(4);

function layerTable(layers: readonly LayerSparsity[], exact: boolean): string {
  const [coding, routing] = [layers.some((layer) => layer.coding !== undefined), layers.some((layer) => layer.routing !== undefined)];
  const head = ['layer', 'fires', 'of live', 'L0 p5', 'p50', 'p95', 'never', 'always', ...(exact ? [] : ['> 1 % of max']), ...(coding ? ['Rc before', 'Rc mid', 'R mid'] : []), ...(routing ? ['Spearman', 'Pearson', 'dead experts'] : [])];
  const row = ({ layer, share, shareOfLive, nearMaximum, l0, never, always, coding: rates, routing: experts }: LayerSparsity): string[] => [
    String(layer), percent(share), percent(shareOfLive), String(l0.p5), String(l0.p50), String(l0.p95), String(never.count), String(always.count),
    ...(exact ? [] : [percent(nearMaximum)]),
    ...(coding ? [rates?.pre.rc, rates?.mid.rc, rates?.mid.r].map((value) => value?.toFixed(1) ?? '') : []),
    ...(routing ? [experts?.spearman?.toFixed(3) ?? 'none', experts?.pearson?.toFixed(3) ?? 'none', String(experts?.dead.length ?? '')] : []),
  ];
  return table([head, ...layers.map(row)]);
}

function curveTable({ topk }: SparsityStudy): string[] {
  if (topk === null) return [];
  const worst = (losses: readonly number[]): string => (losses.length === 0 ? '' : `${nats(Math.max(...losses))} (layer ${losses.indexOf(Math.max(...losses))})`);
  const alone = topk.points.some(({ layers }) => layers !== null);
  const rows = topk.points.map(({ k, all, layers }) => [String(k), nats(all.loss), percent(all.accuracy), all.ece.toFixed(4), ...(alone ? [worst(layers?.map(({ loss }) => loss) ?? [])] : [])]);
  const head = ['k', 'loss, all layers', 'accuracy', 'ECE', ...(alone ? ['worst layer alone'] : [])];
  return ['', `Only the k largest units of a token stay, over ${topk.reference.tokens} tokens (loss without a cut ${nats(topk.reference.loss)}):`, table([head, ...rows])];
}

function noiseTable(title: string, keep: NoiseCurves['keep'], series: NoiseCurves['embedding']): string[] {
  const head = ['level', ...keep.flatMap((k) => [k === null ? 'loss' : `loss, k ${k}`, 'ECE'])];
  return ['', title, table([head, ...series.map(({ level, scores }) => [String(level), ...scores.flatMap(({ loss, ece }) => [nats(loss), ece.toFixed(4)])])])];
}

/** A study as text. */
export function studyText(study: SparsityStudy): string {
  const { model, untrained, exact, full, layers, noise, notes } = study;
  return [
    `${model.name}${untrained ? ' at its start' : ''}: ${layers[0]!.units} units in each of ${model.layers} layers, ${full.tokens} tokens of ${study.data} in contexts of ${study.length}; loss ${nats(full.loss)}, accuracy ${percent(full.accuracy)}, ECE ${full.ece.toFixed(4)}`,
    ...notes.map((note) => `  ${note}`), '', layerTable(layers, exact), ...curveTable(study),
    ...(noise === null ? [] : [...noiseTable('Noise on token embeddings, in root mean squares:', noise.keep, noise.embedding), ...noiseTable('Share of input tokens drawn anew:', noise.keep, noise.substitution)]),
  ].join('\n');
}

export const command: CliCommand = {
  name: 'lm sparsity',
  summary: 'How many units of a language model fire, and what it loses when only the largest stay',
  configure: (command) => void command
    .option('--model <path>', 'a model folder or a GGUF file')
    .option('--data <what>', "text (the sample corpus), chess, or a file, a folder or a built-in corpus; without it the validation tokens of the model's own run")
    .option('--untrained', 'the model with the weights that its run began with, to compare with')
    .option('--tokens <n>', 'tokens over which units are counted', '16384')
    .option('--length <n>', "tokens of a context; without it the model's, 256 at most")
    .option('--epsilon <x>', 'of units without exact zeros: the share of the root mean square above which one fires (0.01)')
    .option('--topk <ladder>', 'units that stay, like 0,8,64; none leaves the curves out')
    .option('--no-each-layer', 'cut all layers at once only')
    .option('--noise <levels>', 'noise on embeddings in root mean squares, like 0.1,0.4; none')
    .option('--substitution <levels>', 'shares of input tokens drawn anew, like 0.01,0.1; none')
    .option('--keep <ks>', 'units that stay under noise, one curve each')
    .option('--curve-tokens <n>', 'tokens of the top-k and noise curves', '2048')
    .option('--out <dir>', 'folder for sparsity.json and rates.safetensors'),
  async run(_args, options, context) {
    const whole = await measureSparsity(configOf(options, context), context);
    if (options['out'] !== undefined) {
      const out = resolve(String(options['out']));
      mkdirSync(out, { recursive: true });
      writeStudy(out, whole);
    }
    return { json: whole.study, text: studyText(whole.study) };
  },
};
