/** `loupe catalog verify`: is this file a whole, unharmed catalog? Exit status 2 when it is not. */
import type { Command } from 'commander';
import { LoupeError } from '../../shared/errors.ts';
import { verifyCatalog } from '../../main/catalog/client.ts';
import type { VerifyReport } from '../../shared/schema/catalog.ts';
import type { CliCommand, CliResult } from '../command.ts';

function configure(command: Command): void {
  command.argument('<file>', 'the catalog');
}

/** The report as lines of text. */
export function describeReport(path: string, report: VerifyReport): string {
  const checked = report.checked.map((part) => `  checked ${part}`);
  if (!report.ok) return [`${path} is not sound:`, ...report.problems.map((problem) => `  ${problem}`), ...checked].join('\n');
  const state = report.complete ? 'sound and complete' : 'sound, but incomplete: run its build again to go on';
  return [`${path} is ${state}`, ...checked].join('\n');
}

async function run(args: readonly string[]): Promise<CliResult> {
  const [path] = args;
  if (path === undefined) throw new LoupeError('bad-request', 'name the catalog: loupe catalog verify FILE');
  const report = await verifyCatalog(path);
  return { json: { ...report }, text: describeReport(path, report), status: report.ok ? 0 : 2 };
}

export const command: CliCommand = { name: 'catalog verify', summary: 'Check that a catalog is whole and unharmed', configure, run };
