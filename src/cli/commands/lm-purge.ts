/** `loupe lm purge`: the experts of one domain are switched off; what that does to the loss of each. */
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { expertOwners, usedExperts } from '../../engine/lm/experts/attribute.ts';
import { ExpertsOff } from '../../engine/lm/experts/experts-off.ts';
import { attributeWithProgress, tokensOf, withExpertModel } from '../../engine/lm/experts/job.ts';
import { writeMaskFile } from '../../engine/lm/experts/mask-file.ts';
import { measurePurge } from '../../engine/lm/experts/purge.ts';
import { expertsOfCorpus } from '../../engine/lm/layers/monet/attribution.ts';
import { LoupeError, nearestName } from '../../shared/errors.ts';
import type { DomainSpec, PurgeResult } from '../../shared/schema/experts.ts';
import type { CliCommand } from '../command.ts';
import { required, wholeNumber } from '../options.ts';
import { atLeast, domainOptions, domainsOf } from './lm-domains.ts';

type Options = Readonly<Record<string, unknown>>;

function configure(command: Command): void {
  domainOptions(command)
    .option('--domain <name>', 'the domain whose experts are switched off')
    .option('--against <list>', 'domains that it is held against, commas between (default: all others)')
    .option('--save <file>', 'write the experts as a file that lm eval --mask and lm generate --mask switch off');
}

/** Kind bad-request for one that is none of the domains, with the nearest. */
function known(name: string, option: string, domains: readonly DomainSpec[]): string {
  const names = domains.map((domain) => domain.name);
  if (names.includes(name)) return name;
  const near = nearestName(name, names);
  throw new LoupeError('bad-request', `${option}: "${name}" is none of the domains${near === undefined ? '' : `; did you mean ${near}?`} They are: ${names.join(', ')}`);
}

function againstOf(options: Options, domain: string, domains: readonly DomainSpec[]): string[] {
  const others = domains.map(({ name }) => name).filter((name) => name !== domain);
  if (options['against'] === undefined) return others;
  const named = String(options['against']).split(',').map((name) => known(name.trim(), '--against', domains));
  if (named.includes(domain)) throw new LoupeError('bad-request', `--against: ${domain} is the domain that is purged: name others`);
  return named;
}

function text(domain: string, result: Omit<PurgeResult, 'model'>): string {
  const figure = (value: number): string => value.toFixed(4).padStart(10);
  const rows = result.losses.map((loss) => `${loss.domain.padEnd(12)}${figure(loss.before)}${figure(loss.after)}${figure(loss.change)}${figure(loss.randomChange)}`);
  const ratio = (value: number | null): string => (value === null ? 'none (the others did not rise)' : value.toFixed(2));
  return [
    `${result.purged} experts of ${domain} switched off, by layer ${result.byLayer.join(' ')} of ${result.experts}`,
    `${'nats a token'.padEnd(12)}${['before', 'after', 'change', 'random'].map((name) => name.padStart(10)).join('')}`, ...rows,
    `change of ${domain} over the mean change of the others: ${ratio(result.ratio)}; with ${result.randomPurged} random experts: ${ratio(result.randomRatio)}`,
  ].join('\n');
}

export const command: CliCommand = {
  name: 'lm purge',
  summary: 'Switch the experts of one domain off and see the loss of each',
  configure,
  async run(_args, options, context) {
    const path = resolve(required(options, 'model', 'a model with experts'));
    const domains = domainsOf(options);
    const domain = known(required(options, 'domain', 'a domain'), '--domain', domains);
    const against = againstOf(options, domain, domains);
    const rule = { factor: atLeast(options, 'factor', 1), floor: atLeast(options, 'floor', 0) };
    const limit = wholeNumber(options, 'tokens', 64, 100_000_000);
    return withExpertModel(path, async (model) => {
      const attribution = await attributeWithProgress(model, await tokensOf(model, domains, 'attribute', limit, context.log), 0, context);
      const at = domains.findIndex(({ name }) => name === domain);
      const off = new ExpertsOff(new Map(expertOwners(attribution, rule).map((owners, layer) => [layer, expertsOfCorpus(owners, at)])));
      if (off.size === 0) throw new LoupeError('bad-request', `no expert belongs to ${domain} by a factor of ${rule.factor}: lower --factor, or train the model longer`);
      const held = await tokensOf(model, domains, 'test', limit, context.log);
      const result = await measurePurge(model, domains.map(({ name }, i) => ({ name, tokens: held[i]! })), off, {
        target: domain, against, seed: context.seed, used: attribution.masses.map((masses) => usedExperts(masses, rule.floor)), signal: context.signal,
        progress: (step, total) => context.progress({ phase: 'measure', step, total, tokensPerSecond: null, etaSeconds: null, metrics: {}, message: null }),
      });
      const save = options['save'] === undefined ? null : resolve(String(options['save']));
      if (save !== null) writeMaskFile(save, model, off, `experts of ${domain} beside ${domains.map(({ name }) => name).filter((name) => name !== domain).join(', ')}, factor ${rule.factor}, floor ${rule.floor}, ${limit} tokens each`);
      return { json: { model: path, domain, against, ...rule, ...result, save }, text: text(domain, result) };
    });
  },
};
