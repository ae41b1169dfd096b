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
    .argument('<file>', 'the catalog; it is only read')
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
  const [file] = args;
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

export const command: CliCommand = { name: 'catalog import', summary: 'Copy a catalog from someone else, each row checked', configure, run };
