/** `loupe catalog build`: from a store, a dictionary and its model to a catalog, or another source in one. */
import { rmSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import type { Command } from 'commander';
import type { z } from 'zod';
import { defaultKeep } from '../../shared/schema/units.ts';
import { LoupeError } from '../../shared/errors.ts';
import { buildCatalog } from '../../main/catalog/build.ts';
import { buildConfigSchema } from '../../main/catalog/build-config.ts';
import type { BuildConfig } from '../../main/catalog/build-config.ts';
import { withUnitsFolder } from '../../main/catalog/units-folder.ts';
import type { CliCommand, CliContext, CliResult } from '../command.ts';

type Options = Readonly<Record<string, unknown>>;

const number = (text: string): number => (text.trim() === '' ? NaN : Number(text));

function configure(command: Command): void {
  command
    .requiredOption('--store <dir>', 'folder of the activations')
    .option('--dictionary <dir>', 'folder of the dictionary; with --units the folder that is made of them (default: in the workspace)')
    .option('--units', "the units of the model's own layer (neurons, experts, atoms) in the place of a dictionary's latents")
    .option('--keep <n>', `units of a token that count, the largest (default: all that are not 0; ${defaultKeep} where none ever is, as behind a GELU)`, number)
    .requiredOption('--model <path>', 'the model that the activations came from: Hugging Face folder or GGUF file')
    .requiredOption('--out <file>', 'the catalog; one that exists gets another source, an unfinished build is continued')
    .option('--hook <name>', 'hook point in the store (default: the one that the dictionary names, or the only one with units)')
    .option('--name <text>', 'what the source is called (default: after the dictionary)')
    .option('--top-examples <n>', 'strongest examples of each feature (default: 20)', number)
    .option('--interval-examples <n>', 'random examples from each fifth of (0, max] (default: 5)', number)
    .option('--window <n>', 'tokens shown around a peak (default: 64)', number)
    .option('--logits <n>', 'tokens raised most, and as many lowered most (default: 10)', number)
    .option('--no-labels', 'leave out the first guesses of labels by rule')
    .option('--no-centre-logits', 'logit effects as they are, not relative to their mean over the vocabulary')
    .option('--neighbours <n>', 'nearest features by decoder cosine (default: 10)', number)
    .option('--related <n>', 'correlated and co-occurring features, dimensions and decoder coordinates (default: 10)', number);
}

function describe(issue: z.core.$ZodIssue): string {
  return `--${String(issue.path[0]).replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}: ${issue.message}`;
}

/** The config that the options say. Kind bad-request names each option that is wrong. */
export function buildConfigOf(options: Options, { seed, workspace }: Pick<CliContext, 'seed' | 'workspace'>): BuildConfig {
  const { json: _json, workspace: _workspace, units, ...fields } = options;
  const paths = Object.fromEntries(['store', 'dictionary', 'model', 'out'].flatMap((name) => (options[name] === undefined ? [] : [[name, resolve(String(options[name]))]])));
  const parsed = buildConfigSchema.safeParse(withUnitsFolder(workspace, { ...fields, ...paths, features: units === true ? 'units' : 'dictionary', seed }));
  if (parsed.success) return parsed.data;
  throw new LoupeError('bad-request', parsed.error.issues.map(describe).join('; '));
}

/** Where an unfinished build keeps its files: beside the catalog, hidden, gone when it is done. */
export function buildFolder(out: string): string {
  return join(dirname(out), `.${basename(out)}.build`);
}

async function run(_args: readonly string[], options: Options, context: CliContext): Promise<CliResult> {
  const config = buildConfigOf(options, context);
  const { signal, progress, log } = context;
  const folder = buildFolder(config.out);
  const start = performance.now();
  const result = await buildCatalog(config, { signal, progress, log, metrics: () => {}, folder }, async (statistics, inner) => {
    const { runStatistics, statisticsConfigSchema } = await import('../../engine/interp/job.ts');
    return runStatistics(statisticsConfigSchema.parse(statistics), inner);
  }, () => rmSync(folder, { recursive: true, force: true }));
  const seconds = (performance.now() - start) / 1000;
  const { features, tokens, dead } = result as Record<string, number>;
  return {
    json: { ...result, seconds: Number(seconds.toFixed(2)) },
    text: `${features!.toLocaleString('en-US')} features (${dead!.toLocaleString('en-US')} dead) over ${tokens!.toLocaleString('en-US')} tokens in ${seconds.toFixed(1)} s: ${config.out}`,
  };
}

export const command: CliCommand = {
  name: 'catalog build',
  summary: 'Describe every feature of a dictionary over a store, in one file',
  configure,
  run,
};
