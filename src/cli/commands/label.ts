/** `loupe label`: runs a labeller over the features of a catalog that no person has labelled. */
import { rmSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { registry } from '../../engine/labelling/registry.ts';
import { LoupeError } from '../../shared/errors.ts';
import { realPath } from '../../main/catalog/client.ts';
import { runLabelling } from '../../main/catalog/first-guesses.ts';
import type { Guess } from '../../main/catalog/guessing.ts';
import { labelConfigSchema } from '../../main/catalog/label-config.ts';
import type { LabelConfig } from '../../main/catalog/label-config.ts';
import type { CliCommand, CliContext, CliResult } from '../command.ts';
import { required } from '../options.ts';

type Options = Readonly<Record<string, unknown>>;

/** The config that the options say. Kind bad-request names each option that is wrong. */
export function labelConfigOf(options: Options, seed: number): LabelConfig {
  const { source, labeller, features, fuzzing } = options;
  const parsed = labelConfigSchema.safeParse({
    catalog: realPath(resolve(required(options, 'catalog', 'a .loupe file'))), labeller, features: features ?? null, fuzzing: fuzzing === true, seed,
    source: source === undefined ? null : Number(source),
  });
  if (parsed.success) return parsed.data;
  throw new LoupeError('bad-request', parsed.error.issues.map((issue) => `--${String(issue.path[0])}: ${issue.message}`).join('; '));
}

function text(result: Options, seconds: number): string {
  const count = (name: string): string => Number(result[name]).toLocaleString('en-US');
  const quartiles = result['detectionQuartiles'] as readonly [number, number] | null;
  const score = quartiles === null ? 'no label has a score' : `detection of all machine labels: median ${Number(result['detection']).toFixed(2)} (quartiles ${quartiles[0].toFixed(2)} to ${quartiles[1].toFixed(2)}, n = ${count('scored')} features)`;
  return `${count('labelled')} of ${count('features')} features labelled in ${seconds.toFixed(1)} s (${count('tooRare')} too rare, ${count('unexplained')} without a rule); ${score}${result['floor'] === undefined ? '' : `; labels of other features: median ${Number(result['floor']).toFixed(2)}`}`;
}

async function run(_args: readonly string[], options: Options, context: CliContext): Promise<CliResult> {
  const config = labelConfigOf(options, context.seed);
  const { signal, progress, log } = context;
  const show = options['show'] === true ? ({ index, text, windows }: Guess): void => log([`${index}  ${text}`, ...(windows ?? [])].join('\n  ')) : null;
  // A run that is stopped keeps beside the catalog how far it came; one that ends leaves nothing.
  const folder = join(dirname(config.catalog), `.${basename(config.catalog)}.label`);
  const start = performance.now();
  const result = await runLabelling(config, { signal, progress, folder }, { floor: options['floor'] === true, show });
  rmSync(folder, { recursive: true, force: true });
  const seconds = (performance.now() - start) / 1000;
  return { json: { ...result, seconds: Number(seconds.toFixed(2)) }, text: text(result, seconds) };
}

export const command: CliCommand = {
  name: 'label',
  summary: 'First guesses of labels for the features of a catalog that no person has labelled, each with a score',
  configure: (command) => void command
    .requiredOption('--catalog <file>', 'the catalog')
    .option('--labeller <id>', `what makes the labels: ${registry.map(({ id, title }) => `${id} (${title.toLowerCase()})`).join(', ')}`, 'rule')
    .option('--features <range>', 'features by number: 7, or 0-4607 (default: all that fire)')
    .option('--source <n>', 'feature space in the catalog (default: its first)')
    .option('--fuzzing', 'score by fuzzing beside detection')
    .option('--floor', 'also what labels of other features score: what a label must beat')
    .option('--show', 'print the windows in which each label was found, on stderr'),
  run,
};
