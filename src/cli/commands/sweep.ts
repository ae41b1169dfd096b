/** `loupe sweep`: many dictionaries from one pass over the data, and the table of what came out. */
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { parseConfig } from '../../engine/config-issues.ts';
import { runSweep, sweepConfigSchema } from '../../engine/sweep/job.ts';
import type { SweepConfig } from '../../engine/sweep/job.ts';
import { sweepText } from '../../engine/sweep/table.ts';
import type { SweepRow } from '../../shared/schema/sweep.ts';
import type { CliCommand } from '../command.ts';
import { readConfigFile } from '../config-file.ts';
import { required } from '../options.ts';

function configure(command: Command): void {
  command
    .option('--config <file>', 'JSON: out, base, grid, members, baselines, downstream (docs/methods.md shows one)')
    .option('--out <dir>', 'folder of the sweep, in place of that of the file');
}

/** Paths of the file are relative to where the command runs, as those of options are. */
function resolved(raw: Record<string, unknown>, out: unknown): Record<string, unknown> {
  const base = raw['base'] as Record<string, unknown> | undefined;
  const stores = base?.['activations'];
  const paths = Array.isArray(stores) ? { activations: stores.map((store) => resolve(String(store))) } : {};
  const model = typeof base?.['model'] === 'string' ? { model: resolve(base['model']) } : {};
  const folder = out ?? raw['out'];
  return { ...raw, ...(typeof folder === 'string' ? { out: resolve(folder) } : {}), ...(base === undefined ? {} : { base: { ...base, ...paths, ...model } }) };
}

export const command: CliCommand = {
  name: 'sweep',
  summary: 'Train many dictionaries in one pass and compare them',
  configure,
  async run(_args, options, context) {
    const sweep = parseConfig(sweepConfigSchema, resolved(readConfigFile(resolve(required(options, 'config', 'the file of a sweep'))), options['out'])) as SweepConfig;
    const json = await runSweep(sweep, { signal: context.signal, folder: sweep.out, progress: context.progress, metrics: () => {}, log: context.log });
    return { json, text: `${sweepText(json['rows'] as SweepRow[])}\n${sweep.out}/table.csv (* no other has both fewer latents a token and less error)` };
  },
};
