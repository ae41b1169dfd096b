/** Options that `loupe lm experts` and `loupe lm purge` share. */
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { isBuiltIn } from '../../engine/corpora/registry.ts';
import { LoupeError } from '../../shared/errors.ts';
import { usualDomains, type DomainSpec } from '../../shared/schema/experts.ts';

type Options = Readonly<Record<string, unknown>>;

export function domainOptions(command: Command): Command {
  return command
    .option('--model <dir>', 'a model whose layers are made of experts: monet-hd, monet-vd, moe-x, switch')
    .option('--domains <list>', 'domains by name, commas between: chess, english, code, digits come with Loupe; name=FILE is a corpus of yours', usualDomains.map(({ name }) => name).join(','))
    .option('--tokens <n>', 'tokens of each domain, at most', '16384')
    .option('--factor <x>', 'how many times the second-highest domain the highest must have for an expert to belong to it', '2')
    .option('--floor <x>', "what an expert's mean weight must be above", '1e-7');
}

/** "code,notes=notes.txt". Kind bad-request for an empty name. */
export function domainsOf(options: Options): DomainSpec[] {
  return String(options['domains']).split(',').map((part) => {
    const at = part.indexOf('=');
    const [name, corpus] = at < 0 ? [part.trim(), null] : [part.slice(0, at).trim(), part.slice(at + 1).trim()];
    if (name === '' || corpus === '') throw new LoupeError('bad-request', `--domains is "${String(options['domains'])}": write names with commas between, or name=FILE`);
    return { name, corpus: corpus === null || isBuiltIn(corpus) || corpus === 'text' || corpus === 'chess' ? corpus : resolve(corpus) };
  });
}

/** Kind bad-request for what is no number of at least `least`. */
export function atLeast(options: Options, name: string, least: number): number {
  const value = Number(options[name]);
  if (Number.isFinite(value) && value >= least) return value;
  throw new LoupeError('bad-request', `--${name} is "${String(options[name])}": give a number of at least ${least}`);
}
