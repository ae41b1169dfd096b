/** `loupe harvest`: a model's activations over a corpus, into a store that training and catalogs read. */
import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { z } from 'zod';
import { builtInCorpora, isBuiltIn } from '../../engine/corpora/registry.ts';
import { harvestConfigSchema, runHarvest, type HarvestConfig } from '../../engine/harvest/job.ts';
import { LoupeError } from '../../shared/errors.ts';
import type { CliCommand, CliContext, CliResult } from '../command.ts';

type Options = Readonly<Record<string, unknown>>;

const number = (text: string): number => (text.trim() === '' ? NaN : Number(text));
const append = (hook: string, hooks: readonly string[] = []): readonly string[] => [...hooks, hook];

function configure(command: Command): void {
  command
    .requiredOption('--model <path>', 'Hugging Face folder or GGUF file')
    .requiredOption('--hook <name>', 'hook point, such as blocks.9.hook_resid_post; give it again for more hooks in the same pass', append)
    .requiredOption('--corpus <path>', `text, JSONL or Parquet file, a folder of them, or one of: ${builtInCorpora.map(({ id }) => id).join(', ')}`)
    .requiredOption('--out <dir>', 'folder of the store; an unfinished harvest there is continued')
    .option('--tokens <n>', 'how much of the corpus to use (default: 200000)', number)
    .option('--context-length <n>', 'tokens in a context (default: 128)', number)
    .option('--batch <n>', 'contexts in one forward pass (default: 16)', number)
    .option('--dtype <name>', 'float16 or float32 (default: float16)')
    .option('--isolate', 'attention stays within each document')
    .option('--shuffle <when>', 'order of the documents: auto, on or off (default: auto, which shuffles listings such as wordnet)')
    .option('--field <name>', 'JSONL field or Parquet column with the text (default: text)')
    .option('--unit <name>', 'a document of a text file: block or file (default: block)')
    .option('--bad-lines <what>', 'JSONL lines that cannot be used: skip or refuse (default: skip)')
    .option('--conversations', "the corpus is JSONL with messages: each conversation by the model's chat template, alone from position 0 (FAST)")
    .option('--gradients', 'store the gradient of the loss beside each activation, for gradient dictionaries')
    .option('--shard-megabytes <n>', 'size of a file of the store at most (default: 256)', number);
}

/** The option that a field of the config is given by: contextLength -> --context-length. */
function optionOf(field: PropertyKey | undefined): string {
  if (field === 'hooks') return '--hook';
  return `--${String(field).replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

function describe(issue: z.core.$ZodIssue): string {
  return `${optionOf(issue.path[0])}: ${issue.message}`;
}

/** The config that the options say. Kind bad-request names each option that is wrong. */
export function harvestConfigOf(options: Options, seed: number): HarvestConfig {
  const { json: _json, workspace: _workspace, hook, ...fields } = options;
  const corpus = isBuiltIn(String(options['corpus'])) ? options['corpus'] : resolve(String(options['corpus']));
  const parsed = harvestConfigSchema.safeParse({ ...fields, hooks: hook, seed, corpus, model: resolve(String(options['model'])), out: resolve(String(options['out'])) });
  if (parsed.success) return parsed.data;
  throw new LoupeError('bad-request', parsed.error.issues.map(describe).join('; '));
}

function summary(result: Readonly<Record<string, unknown>>): string {
  const { store, contexts, tokens, documents, bytes, seconds } = result as Record<string, number> & { store: string };
  return `${tokens!.toLocaleString('en-US')} tokens in ${contexts!.toLocaleString('en-US')} contexts of ${documents!.toLocaleString('en-US')} documents, ` +
    `${(bytes! / 1e6).toFixed(1)} MB in ${seconds!.toFixed(1)} s: ${store}`;
}

async function run(_args: readonly string[], options: Options, context: CliContext): Promise<CliResult> {
  const config = harvestConfigOf(options, context.seed);
  const { signal, progress, log } = context;
  const result = await runHarvest(config, { signal, progress, log, metrics: () => {}, folder: config.out });
  return { json: result, text: summary(result) };
}

export const command: CliCommand = {
  name: 'harvest',
  summary: 'Run a model over a corpus and store its activations at one or several hooks',
  configure,
  run,
};
