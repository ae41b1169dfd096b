/** `loupe train`: a dictionary from stored activations, from synthetic data, or where an earlier run left off. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { describeIssues } from '../../engine/config-issues.ts';
import type { JobContext } from '../../engine/job.ts';
import { registry, variantById } from '../../engine/sae/registry.ts';
import { probeRun } from '../../engine/train/probe.ts';
import { runTrain, trainConfigSchema, trainFormSchema } from '../../engine/train/job.ts';
import type { TrainConfig } from '../../engine/train/job.ts';
import { trainSynthetic } from '../../engine/train/synthetic-run.ts';
import { LoupeError } from '../../shared/errors.ts';
import type { CliCommand, CliContext, CliResult } from '../command.ts';
import { readConfigFile } from '../config-file.ts';
import { required, setFields, wholeNumber } from '../options.ts';

type Options = Readonly<Record<string, unknown>>;

function configure(command: Command): void {
  command
    .option('--activations <dir...>', 'activation stores to train on')
    .option('--model <path>', 'without a store: the model to run')
    .option('--corpus <path>', 'without a store: the corpus to run it over')
    .option('--variant <id>', 'kind of dictionary (see --list-variants)')
    .option('--d-sae <n>', 'width of the dictionary, in latents')
    .option('--k <n>', 'latents kept for each token')
    .option('--hook <name>', 'hook of the stores to train at')
    .option('--target-hook <name>', 'transcoders: the hook that is predicted')
    .option('--steps <n>', 'batches to train on')
    .option('--batch <n>', 'tokens in a batch')
    .option('--lr <x>', 'learning rate')
    .option('--out <dir>', 'folder for the dictionary and the run')
    .option('--config <file>', 'JSON file with any field of the config; options above win')
    .option('--set <field=value...>', 'any other field of the config, like --set auxK=256')
    .option('--dry-run', 'say what the run needs, after three steps that are thrown away')
    .option('--resume <dir>', 'go on with the run in this folder')
    .option('--synthetic', 'train on synthetic superposition data and say how many true features were found')
    .option('--list-variants', 'list the kinds of dictionary');
}

function jobContext(folder: string, context: CliContext): JobContext {
  return { signal: context.signal, folder, progress: context.progress, metrics: () => {}, log: context.log };
}

/** Fields that were given as options, by their names in the config. */
function givenFields(options: Options): Record<string, unknown> {
  const fields: Record<string, unknown> = {};
  for (const name of ['dSae', 'k', 'steps', 'batch']) if (options[name] !== undefined) fields[name] = wholeNumber(options, name, 1, 0xffff_ffff);
  if (options['lr'] !== undefined) fields['lr'] = Number(options['lr']);
  if (options['hook'] !== undefined) fields['hookPoint'] = options['hook'];
  if (options['targetHook'] !== undefined) fields['targetHook'] = options['targetHook'];
  Object.assign(fields, setFields(options));
  return fields;
}

/** The parsed config. Kind bad-config names each wrong field and the nearest known one. */
function parse(raw: Record<string, unknown>): TrainConfig {
  const variant = variantById(String(raw['variant']));
  const parsed = trainConfigSchema.safeParse(raw);
  if (parsed.success) return parsed.data;
  throw new LoupeError('bad-config', describeIssues(parsed.error, Object.keys(trainFormSchema(variant).shape)));
}

function configOf(options: Options, context: CliContext): { config: TrainConfig; folder: string } {
  const file = options['config'] === undefined ? {} : readConfigFile(String(options['config']));
  const out = resolve(required({ out: options['out'] ?? file['out'] }, 'out', 'a folder for the dictionary'));
  const stores = options['activations'] ?? file['activations'] ?? [];
  const [model, corpus] = [options['model'] ?? file['model'] ?? null, options['corpus'] ?? file['corpus'] ?? null];
  if (!Array.isArray(stores) || (stores.length === 0 && model === null)) {
    throw new LoupeError('bad-request', '--activations is missing: give the folder of a store (loupe harvest makes one), or --model, --hook and --corpus');
  }
  const raw = {
    ...file, variant: options['variant'] ?? file['variant'] ?? 'topk', seed: file['seed'] ?? context.seed, ...givenFields(options), out, corpus,
    model: model === null ? null : resolve(String(model)),
    activations: stores.map((store) => resolve(String(store))),
  };
  return { config: parse(raw), folder: out };
}

function resumed(folder: string): { config: TrainConfig; folder: string } {
  const path = join(folder, 'train.json');
  if (!existsSync(path)) throw new LoupeError('not-found', `--resume ${folder}: there is no train.json, so no run to go on with`);
  return { config: parse(readConfigFile(path)), folder };
}

async function synthetic(options: Options, context: CliContext): Promise<CliResult> {
  const variant = variantById(String(options['variant'] ?? 'topk')).id;
  const temporary = options['out'] === undefined;
  const folder = temporary ? mkdtempSync(join(tmpdir(), 'loupe-synthetic-')) : resolve(String(options['out']));
  try {
    const { steps = null, ...overrides } = givenFields(options) as { steps?: number };
    const result = await trainSynthetic({ variant, seed: context.seed, steps, out: folder, overrides }, jobContext(folder, context));
    return { json: { ...result }, text: Object.entries(result).map(([name, value]) => `${name}: ${value}`).join('\n') };
  } finally {
    if (temporary) rmSync(folder, { recursive: true, force: true });
  }
}

/** What the run would need. */
async function dryRun(config: TrainConfig, context: JobContext): Promise<CliResult> {
  const { room, ...needs } = await probeRun(config, context);
  const mib = (bytes: number): string => `${Math.round(bytes / 2 ** 20).toLocaleString('en')} MiB`;
  const text = `memory ${mib(needs.memory)} (${mib(room.memory)} available), disk ${mib(needs.disk)} (${mib(room.disk)} free), `
    + `${needs.secondsPerStep.toPrecision(3)} s a step, ${Math.ceil(needs.seconds / 60).toLocaleString('en')} min for ${config.steps.toLocaleString('en')} steps`;
  return { json: { ...needs, available: room, steps: config.steps }, text };
}

function listVariants(): CliResult {
  const variants = registry.map(({ id, title, summary, paper, fused }) => ({ id, title, summary, paper, fused: fused !== undefined }));
  return { json: { variants }, text: variants.map(({ id, summary, paper }) => `${id.padEnd(20)}${summary} (${paper})`).join('\n') };
}

export const command: CliCommand = {
  name: 'train',
  summary: 'Train a dictionary on stored activations',
  configure,
  async run(_args, options, context) {
    if (options['listVariants'] === true) return listVariants();
    if (options['synthetic'] === true) return synthetic(options, context);
    const resume = options['resume'];
    const { config, folder } = resume === undefined ? configOf(options, context) : resumed(resolve(String(resume)));
    if (options['dryRun'] === true) return dryRun(config, jobContext(folder, context));
    const json = await runTrain(config, jobContext(folder, context));
    const figure = (name: string): string => Number(json[name]).toPrecision(4);
    return { json, text: `${config.out}: held-out FVU ${figure('fvu')}, L0 ${figure('l0')}, dead ${figure('dead')}, ${figure('tokensPerSecond')} tokens/s` };
  },
};
