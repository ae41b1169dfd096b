/** `loupe catalog map`: a place in the plane for each feature, by the cosine of decoder directions. */
import { existsSync, rmSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import type { Command } from 'commander';
import { LoupeError } from '../../shared/errors.ts';
import { openCatalog } from '../../main/catalog/client.ts';
import { mapJobConfigSchema } from '../../main/explore/config.ts';
import { mapCatalog } from '../../main/explore/map.ts';
import { sourceOf } from '../catalog-options.ts';
import type { CliCommand, CliContext, CliResult } from '../command.ts';

const number = (text: string): number => (text.trim() === '' ? NaN : Number(text));

function configure(command: Command): void {
  command
    .argument('<file>', 'the catalog')
    .option('--dictionary <dir>', 'folder of the dictionary (default: found in the workspace by its hash; else the stored neighbours serve)')
    .option('--k <n>', 'nearest features that each is tied to (default: 15)', number)
    .option('--epochs <n>', 'passes of the layout (default: 500 up to 10,000 features, 200 above)', number)
    .option('--source <id>', 'the source, by its id (default: the first)');
}

async function run(args: readonly string[], options: Readonly<Record<string, unknown>>, context: CliContext): Promise<CliResult> {
  const [path] = args;
  if (path === undefined) throw new LoupeError('bad-request', 'name the catalog: loupe catalog map FILE');
  const catalog = await openCatalog(path);
  // Beside the catalog and hidden: an interrupted map finds its neighbours there again.
  const folder = join(dirname(catalog.path), `.${basename(catalog.path)}.map`);
  try {
    const source = await sourceOf(catalog, options['source']);
    const parsed = mapJobConfigSchema.safeParse({ catalog: catalog.path, source, k: options['k'], epochs: options['epochs'], seed: context.seed });
    if (!parsed.success) throw new LoupeError('bad-request', parsed.error.issues.map((issue) => `--${String(issue.path[0])}: ${issue.message}`).join('; '));
    const { runMap, mapConfigSchema } = await import('../../engine/interp/map/job.ts');
    const dictionary = options['dictionary'] === undefined ? [] : [resolve(String(options['dictionary']))];
    const { signal, progress, log } = context;
    const result = await mapCatalog(catalog, parsed.data, existsSync(context.workspace) ? context.workspace : null,
      (config, inner) => runMap(mapConfigSchema.parse(config), inner), { signal, progress, log, metrics: () => {}, folder }, dictionary);
    rmSync(folder, { recursive: true, force: true });
    const by = result['from'] === 'decoder' ? 'decoder directions' : 'the neighbours that the catalog stored';
    return { json: result, text: `Mapped by ${by}: ${String(result['k'])} neighbours, ${String(result['epochs'])} epochs.` };
  } finally {
    await catalog.close();
  }
}

export const command: CliCommand = { name: 'catalog map', summary: 'Lay the features out in the plane by their decoder directions', configure, run };
