/** What switching experts off does to the loss of each domain, beside what as many others do (models.md B.5). */
import { LoupeError } from '../../../shared/errors.ts';
import type { DomainLoss, PurgeResult } from '../../../shared/schema/experts.ts';
import { Random } from '../../random.ts';
import type { LanguageModel } from '../definition.ts';
import { purgeEffect } from '../layers/monet/attribution.ts';
import { corpusLoss } from '../training/evaluate.ts';
import { ExpertSet } from './expert-set.ts';
import { ExpertsOff, expertsOf } from './experts-off.ts';

export interface PurgeDomain {
  readonly name: string;
  /** int32, text that the experts were not attributed by */
  readonly tokens: Int32Array;
}

export interface PurgeOptions {
  /** Name of the domain that is meant to be hit, or null. */
  readonly target: string | null;
  /** Domains that the ratio holds it against; all others when left out. */
  readonly against?: readonly string[];
  readonly seed: number;
  /** Of each layer: experts among which the control is drawn. */
  readonly used: readonly ExpertSet[];
  readonly signal: AbortSignal;
  /** Passes over a domain that are done, of three for each. */
  readonly progress?: (done: number, total: number) => void;
}

/** As many experts of each layer, drawn among those that are used; all of them but one where there are no more. */
export function randomExperts(off: ExpertsOff, used: readonly ExpertSet[], seed: number): ExpertsOff {
  const layers = [...off.layers].map(([layer, { size, experts }]): [number, ExpertSet] => {
    const from = Random.from(seed, `random experts of layer ${layer}`).shuffle([...used[layer]!]);
    return [layer, ExpertSet.of(experts, from.slice(0, Math.min(size, experts - 1)))];
  });
  return new ExpertsOff(new Map(layers));
}

/** Null where the others' loss did not rise: a ratio would say nothing. */
function ratioOf(losses: readonly DomainLoss[], key: 'after' | 'random', target: string | null, against: readonly string[] | undefined): number | null {
  if (target === null) return null;
  const held = losses.filter(({ domain }) => domain === target || against === undefined || against.includes(domain));
  const { ratio } = purgeEffect(held.map(({ before }) => before), held.map((loss) => loss[key]), held.findIndex(({ domain }) => domain === target));
  return Number.isFinite(ratio) ? ratio : null;
}

/** Kinds: bad-request (an unknown target), mismatch (another model's experts), cancelled. */
export async function measurePurge(model: LanguageModel, domains: readonly PurgeDomain[], off: ExpertsOff, { target, against, seed, used, signal, progress = () => {} }: PurgeOptions): Promise<Omit<PurgeResult, 'model'>> {
  if (target !== null && !domains.some(({ name }) => name === target)) throw new LoupeError('bad-request', `target: "${target}" is none of the domains ${domains.map(({ name }) => name).join(', ')}`);
  const random = randomExperts(off, used, seed);
  const losses: DomainLoss[] = [];
  let done = 0;
  const meanLoss = async (tokens: Int32Array, without?: ExpertsOff): Promise<{ loss: number; count: number }> => {
    const { sum, count } = await corpusLoss(model, tokens, signal, without);
    progress(++done, 3 * domains.length);
    return { loss: sum / count, count };
  };
  for (const { name, tokens } of domains) {
    const before = await meanLoss(tokens);
    const after = (await meanLoss(tokens, off)).loss;
    const control = (await meanLoss(tokens, random)).loss;
    losses.push({ domain: name, tokens: before.count, before: before.loss, after, change: after - before.loss, random: control, randomChange: control - before.loss });
  }
  const { experts } = expertsOf(model.config);
  return {
    target, seed, purged: off.size, byLayer: Array.from({ length: model.config.layers }, (_, layer) => off.layers.get(layer)?.size ?? 0), experts, randomPurged: random.size,
    losses, ratio: ratioOf(losses, 'after', target, against), randomRatio: ratioOf(losses, 'random', target, against),
  };
}
