/** `loupe analyse dark-matter`: what of a dictionary's error is a linear function of its input, and what is not (arXiv 2410.14670). */
import { resolve } from 'node:path';
import { stepper } from '../../engine/eval/evaluate.ts';
import { batchesOf, rowsOf } from '../../engine/eval/contexts.ts';
import { spliceOver } from '../../engine/eval/downstream.ts';
import type { SpliceMeans } from '../../engine/eval/downstream.ts';
import { openEvaluated } from '../../engine/eval/open.ts';
import type { Evaluated } from '../../engine/eval/open.ts';
import { darkMatter, difference, errorRows, withoutSinks } from '../../engine/posthoc/dark-matter.ts';
import type { DarkMatter, DarkMatterOptions, ErrorRows } from '../../engine/posthoc/dark-matter.ts';
import { errorScaling } from '../../engine/posthoc/error-scaling.ts';
import type { ErrorScaling, PairedRows } from '../../engine/posthoc/error-scaling.ts';
import type { LinearMap } from '../../engine/posthoc/linear-fit.ts';
import { pursuitReconstruction } from '../../engine/posthoc/pursuit-reconstruction.ts';
import type { Dictionary } from '../../engine/sae/dictionary.ts';
import { loadDictionary } from '../../engine/sae/load.ts';
import { LoupeError } from '../../shared/errors.ts';
import type { CliCommand, CliContext, CliResult } from '../command.ts';
import { required } from '../options.ts';
import { countOf, dataOptions, evaluatedConfigOf } from './analyse.ts';

type Options = Readonly<Record<string, unknown>>;

interface Report {
  readonly dictionary: DarkMatter;
  /** With gradient pursuit in the encoder's place, over the first tokens; and the encoder over the same. */
  readonly pursuit: { readonly pursuit: DarkMatter; readonly encoder: DarkMatter } | null;
  readonly scaling: ErrorScaling | null;
  readonly downstream: SpliceMeans | null;
}

/** The rows of the source with their reconstructions; shows progress, and stops on request. */
async function* errorsOf(dictionary: Dictionary, { source }: Evaluated, context: CliContext): AsyncGenerator<ErrorRows> {
  const step = stepper(context, 'errors', source.contexts * source.contextLength);
  let rows = 0;
  for (const part of errorRows(dictionary, rowsOf(source))) {
    yield part;
    await step((rows += part.rows));
  }
}

/** The first rows of `parts`, `most` of them. */
async function* firstRows(parts: AsyncIterable<ErrorRows>, most: number): AsyncGenerator<ErrorRows> {
  let rows = 0;
  for await (const part of parts) {
    yield part;
    if ((rows += part.rows) >= most) return;
  }
}

async function* paired(parts: AsyncIterable<ErrorRows>, other: Dictionary): AsyncGenerator<PairedRows> {
  for await (const part of parts) yield { ...part, large: other.reconstruct(part.x, part.rows) };
}

/** What the model loses with Sae(x), with its linear error added, and with its nonlinear error added. */
async function spliceErrors(dictionary: Dictionary, { model, spliced, hooks }: Evaluated, map: LinearMap, options: Options, context: CliContext): Promise<SpliceMeans | null> {
  if (model === null) return null;
  const tokens = countOf(options, 'spliceTokens', 8192);
  const sae = (x: Float32Array, rows: number): Float32Array => dictionary.reconstruct(x, rows);
  const plus = (a: Float32Array, b: Float32Array): Float32Array => a.map((value, i) => value + b[i]!);
  const place = { read: hooks.read[0]!, write: hooks.read[0]! };
  return spliceOver(model, place, batchesOf(spliced, tokens, countOf(options, 'spliceBatch', 4)), {
    sae, saePlusLinear: (x, rows) => plus(sae(x, rows), map.apply(x, rows)), saePlusNonlinear: (x, rows) => difference(x, map.apply(x, rows)),
  }, stepper(context, 'splice', tokens));
}

async function analyse(dictionary: Dictionary, opened: Evaluated, options: Options, context: CliContext): Promise<Report> {
  if (opened.hooks.target !== null && opened.model !== null) throw new LoupeError('unsupported', '--model: what the errors of a transcoder cost is not computed; leave it out');
  const settings: DarkMatterOptions = { seed: context.seed, intercept: options['intercept'] === true };
  const factor = Number(options['maxNorm']);
  if (!(factor > 0)) throw new LoupeError('bad-request', `--max-norm is "${String(options['maxNorm'])}": give a number above 0, or Infinity to keep every token`);
  const parts = (): AsyncGenerator<ErrorRows> => withoutSinks(errorsOf(dictionary, opened, context), factor);
  const own = await darkMatter(parts, settings);
  const other = options['other'] === undefined ? null : await loadDictionary(resolve(String(options['other'])));
  try {
    const scaling = other === null ? null : await errorScaling(() => paired(parts(), other), own.map, context.seed);
    const downstream = await spliceErrors(dictionary, opened, own.map, options, context);
    return { dictionary: own, pursuit: options['pursuit'] === undefined ? null : await pursue(dictionary, parts(), options, settings, context), scaling, downstream };
  } finally {
    other?.dispose();
  }
}

async function pursue(dictionary: Dictionary, parts: AsyncIterable<ErrorRows>, options: Options, settings: DarkMatterOptions, context: CliContext): Promise<Report['pursuit']> {
  if (dictionary.dIn !== dictionary.dOut) throw new LoupeError('unsupported', '--pursuit: a transcoder\'s codes cannot be pursued from its input; leave it out');
  const tokens = countOf(options, 'pursuit', 1);
  const [reconstruct, step] = [pursuitReconstruction(dictionary), stepper(context, 'pursuit', tokens)];
  const [kept, pursued]: [ErrorRows[], ErrorRows[]] = [[], []];
  let rows = 0;
  for await (const part of firstRows(parts, tokens)) {
    kept.push(part);
    pursued.push({ ...part, reconstruction: reconstruct(part.x, part.rows) });
    await step((rows += part.rows));
  }
  return { encoder: await darkMatter(() => kept, settings), pursuit: await darkMatter(() => pursued, settings) };
}

const figuresOf = ({ map: _map, ...figures }: DarkMatter): Omit<DarkMatter, 'map'> => figures;

function inWords(name: string, { fvu, fvuNonlinear, linearShare, error, norms, tokens }: DarkMatter): string {
  return `${name}: FVU ${fvu.toPrecision(4)}, of that nonlinear ${fvuNonlinear.toPrecision(4)} (linear share ${(100 * linearShare).toPrecision(3)} %); error predicted with R^2 ${error.mean.toPrecision(3)} `
    + `(mean over dimensions; pooled ${error.pooled.toPrecision(3)}); squared norms: error ${norms.error.toPrecision(3)}, nonlinear error ${norms.nonlinear.toPrecision(3)}, `
    + `reconstruction ${norms.reconstruction.toPrecision(3)}, activation ${norms.activation.toPrecision(3)}; fit on ${tokens.fit} tokens, scored on ${tokens.score}`;
}

function resultOf({ dictionary, pursuit, scaling, downstream }: Report, data: string): CliResult {
  const lines = [inWords('dictionary', dictionary)];
  if (pursuit !== null) lines.push(inWords('the same, over the pursued tokens', pursuit.encoder), inWords('gradient pursuit', pursuit.pursuit));
  if (scaling !== null) lines.push(`the other dictionary's error norm from this one's: R^2 ${scaling.fromError.toPrecision(3)}; with the nonlinear error's norm ${scaling.fromBoth.toPrecision(3)} (${(100 * scaling.removed).toPrecision(3)} % of the rest)`);
  if (downstream !== null) {
    const cost = (name: string): string => (downstream.spliced[name]!.crossEntropy - downstream.crossEntropy).toPrecision(4);
    lines.push(`delta CE in nats a token: Sae(x) ${cost('sae')}, with the linear error added ${cost('saePlusLinear')}, with the nonlinear error added ${cost('saePlusNonlinear')}`);
  }
  const json = { data, ...figuresOf(dictionary), pursuit: pursuit === null ? null : { encoder: figuresOf(pursuit.encoder), pursuit: figuresOf(pursuit.pursuit) }, scaling, downstream };
  return { json, text: lines.join('\n') };
}

export const command: CliCommand = {
  name: 'analyse dark-matter',
  summary: 'How much of a dictionary\'s error is a linear function of its input, how predictable its size is, and what each part costs',
  configure: (command) => void dataOptions(command)
    .option('--other <dir>', 'another dictionary of the hook, usually a wider one: does it fail on the same tokens?')
    .option('--pursuit <n>', 'also with gradient pursuit in the encoder\'s place, over the first n tokens')
    .option('--intercept', 'a column of ones in the fit of the error (the published code has none)')
    .option('--max-norm <x>', 'leave tokens out whose norm is more than x times the median: attention sinks would decide every figure; Infinity keeps them', '10')
    .option('--splice-tokens <n>', 'with --model: tokens over which the costs are taken (default: 8192)')
    .option('--splice-batch <n>', 'with --model: contexts in one pass (default: 4)'),
  async run(_args, options, context) {
    const dictionary = await loadDictionary(resolve(required(options, 'dictionary', 'the folder of a dictionary')));
    try {
      const opened = await openEvaluated(evaluatedConfigOf(options), dictionary, context);
      try {
        return resultOf(await analyse(dictionary, opened, options, context), opened.source.data);
      } finally {
        opened.close();
      }
    } finally {
      dictionary.dispose();
    }
  },
};
