/** Attributing a model's experts to domains, and measuring a purge, as jobs. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { LoupeError } from '../../../shared/errors.ts';
import type { DomainSpec, ExpertsConfig, ExpertsResult, PurgeConfig, PurgeResult } from '../../../shared/schema/experts.ts';
import { loadBackend } from '../../backend/load.ts';
import type { JobContext, JobRunner } from '../../job.ts';
import { shownToken } from '../../live/tokens.ts';
import type { LanguageModel } from '../definition.ts';
import { defaultRule } from '../layers/monet/attribution.ts';
import { loadModel } from '../load.ts';
import { attributeExperts, expertOwners, usedExperts, type Attribution } from './attribute.ts';
import { wholeTokens } from './contexts.ts';
import { checkDomains, domainTokens, type MeasuredPart } from './domain-tokens.ts';
import { checkExpertsOff, expertsOf } from './experts-off.ts';
import { decodeOff } from './mask-file.ts';
import { measurePurge } from './purge.ts';
import { readAttribution, writeAttribution } from './result-files.ts';

type Report = Pick<JobContext, 'signal' | 'progress' | 'log'>;

/** A model with experts while `work` runs. Kinds: those of loading; unsupported. */
export async function withExpertModel<T>(path: string, work: (model: LanguageModel) => Promise<T>): Promise<T> {
  await loadBackend();
  const model = await loadModel(path);
  try {
    expertsOf(model.config);
    return await work(model);
  } finally {
    model.dispose();
  }
}

/** One part of every domain, int32 [tokens] each. */
export async function tokensOf(model: LanguageModel, domains: readonly DomainSpec[], part: MeasuredPart, limit: number, log: (line: string) => void): Promise<Int32Array[]> {
  checkDomains(domains);
  const all: Int32Array[] = [];
  for (const domain of domains) all.push(await domainTokens(model.tokenizer, domain, part, limit, log));
  return all;
}

/** Attribution of tokens int32 [tokens] of each domain, with its progress. */
export async function attributeWithProgress(model: LanguageModel, tokens: readonly Int32Array[], uses: number, { signal, progress }: Report): Promise<Attribution> {
  const total = tokens.reduce((sum, ids) => sum + wholeTokens(ids.length, model.config.contextLength), 0);
  const begin = performance.now();
  return attributeExperts(model, tokens, {
    signal, uses,
    progress: (done) => {
      const seconds = (performance.now() - begin) / 1000;
      progress({ phase: 'attribute experts', step: done, total, tokensPerSecond: done / seconds, etaSeconds: (seconds / done) * (total - done), metrics: {}, message: null });
    },
  });
}

/** How many experts belong to each domain, [layer][domain]. */
export function countsOf(owners: readonly Int16Array[], domains: number): number[][] {
  return owners.map((own) => {
    const counts = Array.from({ length: domains }, () => 0);
    for (const owner of own) if (owner >= 0) counts[owner]!++;
    return counts;
  });
}

/** What an attribution says without its arrays. */
export function aboutAttribution(model: LanguageModel, path: string, { domains, factor, floor }: Pick<ExpertsConfig, 'domains' | 'factor' | 'floor'>, attribution: Attribution, owners: readonly Int16Array[]): ExpertsResult {
  const { form, shape, experts } = expertsOf(model.config);
  return {
    model: path, hash: model.identity.hash, kind: shape.kind.id, layout: form.layout, layers: attribution.layers, experts, units: form.units(shape.layer, shape.size, 0)[1],
    domains: domains.map(({ name, corpus }, i) => ({ name, corpus, tokens: attribution.tokens[i]! })), factor, floor, uses: attribution.uses.slots,
    byLayer: countsOf(owners, domains.length).map((owned, layer) => ({ owned, unused: experts - usedExperts(attribution.masses[layer]!, 0).size })),
  };
}

/** Leaves the files of result-files.ts in the run's folder; run again where they are, it gives what they say. Interrupted, it begins anew: it takes minutes at most. */
export const runExperts: JobRunner<ExpertsConfig> = async (config, context) => {
  if (existsSync(join(context.folder, 'experts.json'))) return { ...readAttribution(context.folder) };
  return withExpertModel(config.model, async (model) => {
    const tokens = await tokensOf(model, config.domains, 'attribute', config.tokens, context.log);
    const attribution = await attributeWithProgress(model, tokens, config.uses, context);
    const owners = expertOwners(attribution, config);
    const about = aboutAttribution(model, config.model, config, attribution, owners);
    writeAttribution(context.folder, { about, attribution, owners, tokens, contextLength: model.config.contextLength, show: (id) => shownToken(model.tokenizer, id) });
    return { ...about };
  });
};

/** The loss of each domain with experts off, on text that they were not attributed by. Kinds: mismatch, bad-request, and those of domains. */
export const runPurge: JobRunner<PurgeConfig> = async ({ model: path, domains, off: layers, tokens: limit, target, seed }, context) => withExpertModel(path, async (model) => {
  const off = decodeOff(expertsOf(model.config).experts, layers);
  if (off.size === 0) throw new LoupeError('bad-request', 'off: no expert is named: choose one at least.');
  checkExpertsOff(model.config, off);
  const attributed = await attributeWithProgress(model, await tokensOf(model, domains, 'attribute', limit, context.log), 0, context);
  const held = await tokensOf(model, domains, 'test', limit, context.log);
  const result: PurgeResult = { model: path, ...(await measurePurge(model, domains.map(({ name }, i) => ({ name, tokens: held[i]! })), off, {
    target, seed, used: attributed.masses.map((masses) => usedExperts(masses, defaultRule.floor)), signal: context.signal,
    progress: (step, total) => context.progress({ phase: 'measure the purge', step, total, tokensPerSecond: null, etaSeconds: null, metrics: {}, message: null }),
  })) };
  return { ...result };
});
