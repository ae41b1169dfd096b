/** `loupe catalog import`: a catalog from someone else, every row checked, as a fresh file of ours. */
import { existsSync, mkdirSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import type { Command } from 'commander';
import { LoupeError } from '../../shared/errors.ts';
import { copyCatalog, openCatalog } from '../../main/catalog/client.ts';
import { kindFolder } from '../../main/workspace/layout.ts';
import type { CliCommand, CliContext, CliResult } from '../command.ts';
import { describeCatalog } from './catalog-info.ts';

type Options = Readonly<Record<string, unknown>>;

function configure(command: Command): void {
  command
    .argument('<paths...>', 'the catalog, which is only read; with --from neuronpedia the folder of the export, or its files')
    .option('--from <format>', 'what it is: loupe or neuronpedia', 'loupe')
    .option('--out <file>', "the copy (default: under its own name in the workspace's catalogs)");
}

function destination(file: string, options: Options, context: CliContext): string {
  if (typeof options['out'] === 'string' && options['out'] !== '') return resolve(options['out']);
  const folder = kindFolder(context.workspace, 'catalog');
  mkdirSync(folder, { recursive: true });
  const stem = basename(file).replace(/\.loupe$/, '');
  let path = join(folder, `${stem}.loupe`);
  for (let n = 2; existsSync(path); n++) path = join(folder, `${stem}-${n}.loupe`);
  return path;
}

async function run(args: readonly string[], options: Options, context: CliContext): Promise<CliResult> {
  if (options['from'] !== 'loupe') return (await import('./catalog-import-foreign.ts')).importForeign(args, options, context);
  const [file, ...others] = args;
  if (others.length > 0) throw new LoupeError('bad-request', `${others[0]}: one catalog is imported at a time`);
  if (file === undefined) throw new LoupeError('bad-request', 'name the catalog: loupe catalog import FILE');
  if (!existsSync(file)) throw new LoupeError('not-found', `${file} does not exist. Check the path.`);
  const out = destination(file, options, context);
  await copyCatalog(file, out);
  const catalog = await openCatalog(out);
  try {
    const info = await catalog.info();
    return { json: { out, sources: info.sources.map(({ id, name, features, labelled }) => ({ id, name, features, labelled })) }, text: describeCatalog(info) };
  } finally {
    await catalog.close();
  }
}

export const command: CliCommand = { name: 'catalog import', summary: 'Copy a catalog from someone else, each row checked, or make one of a Neuronpedia export', configure, run };
