/** The options that every command takes, wherever they stand on the line. */
import type { Command } from 'commander';
import { LoupeError } from '../shared/errors.ts';
import { defaultWorkspace } from '../main/workspace/location.ts';
import { resolve } from 'node:path';

const withValue = ['--workspace', '--seed'];

/** The words of the command's name: the first `count` arguments that are neither a global option nor its value. */
export function leadingWords(argv: readonly string[], count: number): { readonly words: string[]; readonly indices: number[] } {
  const words: string[] = [];
  const indices: number[] = [];
  for (let i = 0; i < argv.length && words.length < count; i++) {
    const arg = argv[i]!;
    if (withValue.includes(arg)) i++;
    else if (arg === '--') break;
    else if (!arg.startsWith('-')) {
      words.push(arg);
      indices.push(i);
    } else if (arg !== '--json' && !withValue.some((name) => arg.startsWith(`${name}=`))) break;
  }
  return { words, indices };
}

export function addGlobalOptions(command: Command): Command {
  return command
    .option('--json', 'print one JSON object on stdout and nothing else')
    .option('--workspace <dir>', 'the workspace folder (default: LOUPE_WORKSPACE, else "Loupe" among your documents)')
    .option('--seed <n>', 'seed of every random number', '0');
}

/** Checked values of the global options. Kind bad-request names the option. */
export function readGlobals(options: Readonly<Record<string, unknown>>): { readonly workspace: string; readonly seed: number } {
  const text = String(options['seed'] ?? '0');
  const seed = Number(text);
  if (!/^\d+$/.test(text) || seed > 0xffff_ffff) {
    throw new LoupeError('bad-request', `--seed must be a whole number from 0 to 4294967295, not "${text}"`);
  }
  const given = options['workspace'];
  if (given === '') throw new LoupeError('bad-request', '--workspace is empty: give a folder');
  return { seed, workspace: given === undefined ? defaultWorkspace() : resolve(String(given)) };
}
