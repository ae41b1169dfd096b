/** `loupe catalog info`: what a catalog holds. */
import type { Command } from 'commander';
import { LoupeError } from '../../shared/errors.ts';
import { openCatalog } from '../../main/catalog/client.ts';
import type { CatalogInfo, Source } from '../../shared/schema/catalog.ts';
import type { CliCommand, CliResult } from '../command.ts';

function configure(command: Command): void {
  command.argument('<file>', 'the catalog');
}

const count = (n: number): string => n.toLocaleString('en-US');

function sourceLine(source: Source): string {
  const state = source.complete ? '' : '  (incomplete: run its build again to go on)';
  return `  ${source.id}  ${source.name}: ${source.kind} at ${source.hookPoint} of ${source.modelName}; ${count(source.features)} features, ` +
    `${count(source.dead)} dead, ${count(source.labelled)} labelled, over ${count(source.tokens)} tokens${state}`;
}

/** The facts as lines of text. */
export function describeCatalog(info: CatalogInfo): string {
  const state = info.complete ? 'complete' : 'incomplete';
  const head = `${info.path}: ${(info.bytes / 1e6).toFixed(1)} MB, schema ${info.schemaVersion}, ${state}`;
  return [head, ...(info.sources.length === 0 ? ['  no source yet'] : info.sources.map(sourceLine))].join('\n');
}

/** Provenance as an object; as text where a file from elsewhere holds something else. */
function parsed(provenance: string): unknown {
  try {
    return JSON.parse(provenance);
  } catch {
    return provenance;
  }
}

async function run(args: readonly string[]): Promise<CliResult> {
  const [path] = args;
  if (path === undefined) throw new LoupeError('bad-request', 'name the catalog: loupe catalog info FILE');
  const catalog = await openCatalog(path);
  try {
    const info = await catalog.info();
    return { json: { ...info, sources: info.sources.map((source) => ({ ...source, provenance: parsed(source.provenance) })) }, text: describeCatalog(info) };
  } finally {
    await catalog.close();
  }
}

export const command: CliCommand = { name: 'catalog info', summary: 'What a catalog holds', configure, run };
