/** `loupe lm sweep`: several language models, trained and measured alike, in as many sittings as one likes. */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { parseConfig } from '../../engine/config-issues.ts';
import { lmSweepInto, lmSweepSchema, lmTableFile, type LmSweep } from '../../engine/lm/sweep/job.ts';
import { lmSweepText, readLmTable } from '../../engine/lm/sweep/table.ts';
import { LoupeError } from '../../shared/errors.ts';
import type { LmSweepRow } from '../../shared/schema/lm-sweep.ts';
import type { CliCommand } from '../command.ts';
import { readConfigFile } from '../config-file.ts';
import { required, wholeNumber } from '../options.ts';

function configure(command: Command): void {
  command
    .option('--config <file>', 'JSON: out, base, members, seeds, evaluate (bench/sweeps holds those of docs/methods.md)')
    .option('--out <dir>', 'folder of the sweep, in place of that of the file')
    .option('--table <file>', 'where the table goes: table.json in the folder, unless it is to outlive it')
    .option('--resume', 'go on with a sweep that has begun: what is in the table is not done again')
    .option('--minutes <n>', 'stop after so long, at a checkpoint');
}

/** Aborts when `signal` does, or after the minutes given. */
function within(signal: AbortSignal, minutes: number | null): AbortSignal {
  return minutes === null ? signal : AbortSignal.any([signal, AbortSignal.timeout(minutes * 60_000)]);
}

function refuseBegun(table: string, resume: boolean): void {
  if (resume || !existsSync(table) || readLmTable(table).length === 0) return;
  throw new LoupeError('conflict', `${table} holds ${readLmTable(table).length} runs already: add --resume to go on with them, or choose another --out or --table`);
}

export const command: CliCommand = {
  name: 'lm sweep',
  summary: 'Train several language models, measure them alike and compare them',
  configure,
  async run(_args, options, context) {
    const raw = readConfigFile(resolve(required(options, 'config', 'the file of a sweep')));
    const out = options['out'] ?? raw['out'];
    const sweep = parseConfig(lmSweepSchema, { ...raw, ...(typeof out === 'string' ? { out: resolve(out) } : {}) }) as LmSweep;
    const table = options['table'] === undefined ? join(sweep.out, lmTableFile) : resolve(String(options['table']));
    refuseBegun(table, options['resume'] === true);
    const signal = within(context.signal, options['minutes'] === undefined ? null : wholeNumber(options, 'minutes', 1, 100_000));
    const json = await lmSweepInto(table, sweep, { signal, folder: sweep.out, progress: context.progress, metrics: () => {}, log: context.log });
    return { json, text: `${lmSweepText(json['rows'] as LmSweepRow[])}\n${table}` };
  },
};
