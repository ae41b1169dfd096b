/** `loupe lm train`: a language model from nothing, in a folder that every other command opens. */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { parseConfig } from '../../engine/config-issues.ts';
import { layerKinds } from '../../engine/lm/layers/registry.ts';
import { openOwnModel } from '../../engine/lm/own/opened.ts';
import { lmRunFile, lmTrainConfigSchema, runLmTrain, type LmTrainConfig } from '../../engine/lm/training/job.ts';
import { LoupeError } from '../../shared/errors.ts';
import type { CliCommand, CliContext, CliResult } from '../command.ts';
import { readConfigFile } from '../config-file.ts';
import { required, setFields, wholeNumber } from '../options.ts';

type Options = Readonly<Record<string, unknown>>;

function configure(command: Command): void {
  command
    .option('--arch <id>', 'kind of layer (--list-archs)')
    .option('--data <what>', 'text (the sample corpus), chess (the games of loupe data chess), or a file, a folder or a built-in corpus (domains: four kinds of text, mixed)')
    .option('--tokenizer <what>', 'bytes, chess (the characters of games), bpe:2048 (so many tokens, learned from the corpus), or a folder with tokenizer.json')
    .option('--preset <name>', 'sizes that come ready (loupe lm params --list-presets)')
    .option('--steps <n>', 'updates of the weights')
    .option('--batch <n>', 'contexts in one forward pass')
    .option('--accumulate <n>', 'forward passes for one update')
    .option('--lr <x>', 'highest learning rate')
    .option('--from <dir>', 'a model of Loupe to begin with: its layer, sizes and tokenizer are then the defaults')
    .option('--out <dir>', 'folder for the model and its run')
    .option('--config <file>', 'JSON file with any field of the config; options above win')
    .option('--set <field=value...>', "any other field, like --set dModel=128; the layer's own with layer. before them, like --set layer.activation=relu")
    .option('--resume', 'go on with the run in --out, by its own config')
    .option('--list-archs', 'list the kinds of layer');
}

/** The kind of layer of a model that Loupe trained. Kind unsupported for another model. */
function ownModelArch(folder: string): string {
  const model = openOwnModel(folder);
  model.close();
  return model.shape.kind.id;
}

/** Options by the names of the config. */
function givenFields(options: Options): Record<string, unknown> {
  const fields: Record<string, unknown> = {};
  for (const name of ['arch', 'data', 'tokenizer', 'preset']) if (options[name] !== undefined) fields[name] = options[name];
  for (const name of ['steps', 'batch', 'accumulate']) if (options[name] !== undefined) fields[name] = wholeNumber(options, name, 1, 100_000_000);
  if (options['lr'] !== undefined) fields['lr'] = Number(options['lr']);
  // Games have an alphabet and sizes of their own.
  if (fields['data'] === 'chess') {
    fields['tokenizer'] ??= 'chess';
    fields['preset'] ??= 'desktop-chess';
  }
  if (options['from'] !== undefined) {
    const from = resolve(String(options['from']));
    fields['from'] = from;
    fields['tokenizer'] ??= from;
    fields['arch'] ??= ownModelArch(from);
  }
  const layer: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(setFields(options))) {
    if (name.startsWith('layer.')) layer[name.slice('layer.'.length)] = value;
    else fields[name] = value;
  }
  return Object.keys(layer).length === 0 ? fields : { ...fields, layer };
}

/** The file of --config and the options, which win over it, by the names of the config. */
function configOf(options: Options, { seed, seedGiven }: CliContext): LmTrainConfig {
  const file = options['config'] === undefined ? {} : readConfigFile(resolve(String(options['config'])));
  const out = resolve(required({ out: options['out'] ?? file['out'] }, 'out', 'a folder for the model'));
  return parseConfig(lmTrainConfigSchema, { ...file, seed: seedGiven ? seed : (file['seed'] ?? seed), ...givenFields(options), out }) as LmTrainConfig;
}

function resumed(options: Options, { seed, seedGiven }: CliContext): LmTrainConfig {
  const folder = resolve(required(options, 'out', 'the folder of the run to go on with'));
  const path = join(folder, lmRunFile);
  if (!existsSync(path)) throw new LoupeError('not-found', `--resume: there is no ${lmRunFile} in ${folder}, so no run to go on with`);
  // What is said beside --resume must agree with the run: the run itself refuses what differs, and lists it.
  const file = options['config'] === undefined ? {} : readConfigFile(resolve(String(options['config'])));
  return parseConfig(lmTrainConfigSchema, { ...readConfigFile(path), ...file, ...givenFields(options), ...(seedGiven ? { seed } : {}), out: folder }) as LmTrainConfig;
}

function listArchs(): CliResult {
  const archs = layerKinds.map(({ id, title, paper }) => ({ id, title, paper }));
  return { json: { archs }, text: archs.map(({ id, title, paper }) => `${id.padEnd(14)}${title}${paper === null ? '' : ` (${paper})`}`).join('\n') };
}

export const command: CliCommand = {
  name: 'lm train',
  summary: 'Train a language model on text',
  configure,
  async run(_args, options, context) {
    if (options['listArchs'] === true) return listArchs();
    const config = options['resume'] === true ? resumed(options, context) : configOf(options, context);
    const json = await runLmTrain(config, { signal: context.signal, folder: config.out, progress: context.progress, metrics: () => {}, log: context.log });
    const figure = (name: string): string => Number(json[name]).toPrecision(4);
    return { json, text: `${config.out}: loss ${figure('loss_first')} -> ${figure('loss_last')}, validation ${figure('valid_loss')} (perplexity ${figure('perplexity')}), ${figure('tokens_per_s')} tokens/s` };
  },
};
