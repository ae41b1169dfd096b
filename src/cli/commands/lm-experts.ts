/** `loupe lm experts`: which experts of a model belong to which kind of text. */
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { expertOwners } from '../../engine/lm/experts/attribute.ts';
import { aboutAttribution, attributeWithProgress, tokensOf, withExpertModel } from '../../engine/lm/experts/job.ts';
import { correlatedExperts, readScoredTexts } from '../../engine/lm/experts/score-correlation.ts';
import { expertsOf, ExpertsOff } from '../../engine/lm/experts/experts-off.ts';
import { writeMaskFile } from '../../engine/lm/experts/mask-file.ts';
import type { LanguageModel } from '../../engine/lm/definition.ts';
import { LoupeError } from '../../shared/errors.ts';
import type { ExpertsResult } from '../../shared/schema/experts.ts';
import type { CliCommand, CliContext, CliResult } from '../command.ts';
import { required, wholeNumber } from '../options.ts';
import { atLeast, domainOptions, domainsOf } from './lm-domains.ts';

type Options = Readonly<Record<string, unknown>>;

function configure(command: Command): void {
  domainOptions(command)
    .option('--scores <file>', 'JSON lines {"text", "score"}: the correlation of each expert with the score of texts, in the place of domains')
    .option('--above <r>', 'with --scores: experts whose correlation is above it', '0.5')
    .option('--save <file>', 'with --scores: write those experts as a file that lm eval --mask and lm generate --mask switch off');
}

function table({ domains, byLayer, experts }: ExpertsResult): string {
  const head = ['layer', ...domains.map(({ name }) => name), 'of none', 'unused'];
  const rows = byLayer.map(({ owned, unused }, layer) => [String(layer), ...owned.map(String), String(experts - owned.reduce((a, b) => a + b, 0)), String(unused)]);
  return [head, ...rows].map((row) => row.map((cell) => cell.padStart(9)).join('')).join('\n');
}

async function byDomain(model: LanguageModel, path: string, options: Options, context: CliContext): Promise<CliResult> {
  const config = { domains: domainsOf(options), factor: atLeast(options, 'factor', 1), floor: atLeast(options, 'floor', 0) };
  const tokens = await tokensOf(model, config.domains, 'attribute', wholeNumber(options, 'tokens', 64, 100_000_000), context.log);
  const attribution = await attributeWithProgress(model, tokens, 0, context);
  const about = aboutAttribution(model, path, config, attribution, expertOwners(attribution, config));
  const { form } = expertsOf(model.config);
  const loads = form.layout === 'list' ? { load: attribution.loads.map((layer) => layer.map((load) => [...load])) } : {};
  const json = { ...about, by_domain: Object.fromEntries(about.domains.map(({ name }, at) => [name, about.byLayer.map(({ owned }) => owned[at])])), ...loads };
  return { json, text: `experts of each domain (factor ${config.factor}), of ${about.experts.toLocaleString('en')} a layer\n${table(about)}` };
}

async function byScore(model: LanguageModel, path: string, options: Options, context: CliContext): Promise<CliResult> {
  const above = atLeast(options, 'above', -1);
  const texts = readScoredTexts(resolve(String(options['scores'])));
  const found = await correlatedExperts(model, texts, above, context.signal);
  const save = options['save'] === undefined ? null : resolve(String(options['save']));
  if (save !== null) writeMaskFile(save, model, new ExpertsOff(found.experts), `experts whose weight correlates with the score of ${texts.length} texts above ${above}`);
  const { form, shape } = expertsOf(model.config);
  const strongest = found.strongest.map(({ layer, expert, correlation }) => ({ layer, expert, name: form.name(shape.layer, expert), correlation }));
  const counts = [...found.experts.values()].map(({ size }) => size);
  return {
    json: { model: path, texts: texts.length, above, counts, strongest, save },
    text: [`${counts.reduce((a, b) => a + b, 0)} experts above ${above}, by layer ${counts.join(' ')}`, ...strongest.slice(0, 10).map(({ layer, name, correlation }) => `layer ${layer}, ${name}: r ${correlation.toFixed(3)}`)].join('\n'),
  };
}

export const command: CliCommand = {
  name: 'lm experts',
  summary: 'Which experts of a model belong to which kind of text',
  configure,
  async run(_args, options, context) {
    const path = resolve(required(options, 'model', 'a model with experts'));
    if (options['save'] !== undefined && options['scores'] === undefined) throw new LoupeError('bad-request', '--save goes with --scores; to save the experts of a domain: loupe lm purge --domain D --save FILE');
    return withExpertModel(path, (model) => (options['scores'] === undefined ? byDomain : byScore)(model, path, options, context));
  },
};
