/** `loupe catalog export`: a catalog, or a part of it, as another catalog, a web site, or data for other programs. */
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { exportCatalog } from '../../main/share/run.ts';
import { exportFormats, textRedactions } from '../../shared/schema/export.ts';
import type { ExportConfig, Redaction, TextRedaction } from '../../shared/schema/export.ts';
import { LoupeError } from '../../shared/errors.ts';
import type { CliCommand, CliContext, CliResult } from '../command.ts';
import { required, wholeNumber } from '../options.ts';

type Options = Readonly<Record<string, unknown>>;

function configure(command: Command): void {
  command
    .argument('<file>', 'the catalog')
    .requiredOption('--to <format>', `${exportFormats.join(', ')}`)
    .requiredOption('--out <path>', 'the file (loupe) or folder (all others) to make')
    .option('--source <id>', 'only this source (default: all)')
    .option('--features <ranges>', 'only these indices: 0-99,200')
    .option('--list <name>', 'only the features of this list')
    .option('--search <text>', 'only features whose label or examples hold these words')
    .option('--labelled', 'only features that have a label')
    .option('--examples <n>', 'examples a feature at most (default: all; html: 20; csv: none)')
    .option('--redact <what>', 'classes (tokens as their class), around:N (only N tokens on each side of a peak), examples (leave them out), people (names, notes, comments, paths); several with commas')
    .option('--no-guard-formulas', 'csv: leave cells that begin like a formula as they are');
}

/** "around:5,people" as a redaction. Kind bad-request names the word that is wrong. */
export function redactionOf(text: string): Partial<Redaction> {
  const out: { text?: TextRedaction; around?: number; people?: boolean } = {};
  for (const word of text.split(',').map((part) => part.trim())) {
    const [name, value] = word.split(':');
    if (name === 'people') out.people = true;
    else if (name === 'around' && /^\d{1,4}$/.test(value ?? '5')) Object.assign(out, { text: 'around', around: Number(value ?? 5) });
    else if (value === undefined && textRedactions.includes(name as TextRedaction)) out.text = name as TextRedaction;
    else throw new LoupeError('bad-request', `--redact "${word}" is not known: give classes, around:N, examples, people or none`);
  }
  return out;
}

/** The config that the options say. Kind bad-request names the option that is wrong. */
export function exportConfigOf(file: string, options: Options): Record<string, unknown> {
  const to = required(options, 'to', `one of ${exportFormats.join(', ')}`);
  if (!(exportFormats as readonly string[]).includes(to)) throw new LoupeError('bad-request', `--to is "${to}": give one of ${exportFormats.join(', ')}`);
  const text = (name: string): string | null => (options[name] === undefined ? null : String(options[name]));
  return {
    catalog: resolve(file), format: to as ExportConfig['format'], out: resolve(required(options, 'out', 'a path')),
    selection: {
      source: options['source'] === undefined ? null : wholeNumber(options, 'source', 0, Number.MAX_SAFE_INTEGER),
      indices: text('features'), list: text('list'), search: text('search'), labelled: options['labelled'] === true,
    },
    examples: options['examples'] === undefined ? null : wholeNumber(options, 'examples', 0, 1000),
    redaction: options['redact'] === undefined ? {} : redactionOf(String(options['redact'])),
    guardFormulas: options['guardFormulas'] !== false,
  };
}

async function run(args: readonly string[], options: Options, context: CliContext): Promise<CliResult> {
  const [file] = args;
  if (file === undefined) throw new LoupeError('bad-request', 'name the catalog: loupe catalog export FILE --to FORMAT --out PATH');
  const result = await exportCatalog(exportConfigOf(file, options), context);
  const { features, bytes, out, seconds } = result as { features: number; bytes: number; out: string; seconds: number };
  return { json: result, text: `${features.toLocaleString('en-US')} features, ${(bytes / 1e6).toFixed(1)} MB in ${seconds.toFixed(1)} s: ${out}` };
}

export const command: CliCommand = {
  name: 'catalog export',
  summary: 'Write a catalog or a part of it as .loupe, web site, Neuronpedia JSONL, CSV or Parquet',
  configure,
  run,
};
