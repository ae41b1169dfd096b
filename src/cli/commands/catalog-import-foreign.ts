/** `loupe catalog import --from neuronpedia`: an export of another program as a catalog. */
import { resolve } from 'node:path';
import { importCatalog } from '../../main/share/run.ts';
import { importFormats } from '../../shared/schema/import.ts';
import { LoupeError } from '../../shared/errors.ts';
import type { CliContext, CliResult } from '../command.ts';
import { required } from '../options.ts';

type Options = Readonly<Record<string, unknown>>;

/** The config that the options say. Kind bad-request names the option that is wrong. */
export function importConfigOf(paths: readonly string[], options: Options): Record<string, unknown> {
  const from = required(options, 'from', `one of ${importFormats.join(', ')}`);
  if (!(importFormats as readonly string[]).includes(from)) throw new LoupeError('bad-request', `--from is "${from}": give loupe or ${importFormats.join(', ')}`);
  if (paths.length === 0) throw new LoupeError('bad-request', 'name the folder of the export: loupe catalog import DIR --from neuronpedia --out FILE');
  return { from, paths: paths.map((path) => resolve(path)), out: resolve(required(options, 'out', 'a file')) };
}

interface Imported {
  readonly features: number;
  readonly examples: number;
  readonly labels: number;
  readonly out: string;
  readonly seconds: number;
  readonly skipped: Readonly<Record<string, number>>;
  readonly problems: readonly string[];
}

/** The result as lines of text: what came in, and what did not, with the first reasons. */
export function describeImport({ features, examples, labels, out, seconds, skipped, problems }: Imported): string {
  const n = (value: number): string => value.toLocaleString('en-US');
  const left = Object.entries(skipped).filter(([, count]) => count > 0).map(([kind, count]) => `${n(count)} of ${kind}`);
  return [
    `${n(features)} features, ${n(examples)} examples, ${n(labels)} labels in ${seconds.toFixed(1)} s: ${out}`,
    ...(left.length === 0 ? [] : [`rows left out: ${left.join(', ')}`, ...problems.map((problem) => `  ${problem}`)]),
  ].join('\n');
}

export async function importForeign(args: readonly string[], options: Options, context: CliContext): Promise<CliResult> {
  const result = await importCatalog(importConfigOf(args, options), context);
  return { json: result, text: describeImport(result as unknown as Imported) };
}
