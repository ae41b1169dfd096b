/**
 * How much of each domain is routed to each expert, and which experts belong to one: R_c = mean over the domain's tokens of the weight of an expert (Park et al. 2024,
 * arXiv 2412.04139, section 5), for Monet's pairs and, by their gates, for the experts of MoE-X and Switch (our choice).
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import type { LanguageModel } from '../definition.ts';
import { specialisedExperts, type SpecialisationRule } from '../layers/monet/attribution.ts';
import { scoped } from '../../ops/scope.ts';
import { contextsOf } from './contexts.ts';
import { ExpertSet } from './expert-set.ts';
import { expertsOf } from './experts-off.ts';
import { TopUses } from './top-uses.ts';

export interface Attribution {
  readonly layers: number;
  readonly experts: number;
  /** Tokens that were looked at, by domain. */
  readonly tokens: readonly number[];
  /** R_c, [layer][domain] float64 [experts]. */
  readonly masses: readonly (readonly Float64Array[])[];
  /** Share of the domain's tokens with a weight above 0, as `masses`. */
  readonly loads: readonly (readonly Float64Array[])[];
  readonly uses: TopUses;
}

export interface AttributeOptions {
  readonly signal: AbortSignal;
  /** Slots for the tokens that use an expert most. */
  readonly uses: number;
  /** Tokens done, of all domains together. */
  readonly progress?: (tokens: number) => void;
}

/** Numbers at hooks of one pass at most. */
const mostValues = 1 << 24;

function rowsAtOnce(model: LanguageModel, names: readonly string[]): number {
  const width = names.reduce((sum, name) => sum + model.hookWidth(name), 0);
  return Math.max(1, Math.min(16, Math.floor(mostValues / (width * model.config.contextLength))));
}

/** Sums of one pass added to those of a domain; `place` is where its first token stands in the whole sample. */
function addPass(model: LanguageModel, { tokens, rows, length }: { tokens: Int32Array; rows: number; length: number }, sums: readonly Float64Array[], counts: readonly Float64Array[], uses: TopUses, place: number): void {
  const { form, shape } = expertsOf(model.config);
  const all = sums.map((_, layer) => form.hooks.map((hook) => `blocks.${layer}.${hook}`));
  scoped(() => {
    const { cache } = model.run(tokens, rows, length, { names: all.flat(), logits: false });
    all.forEach((names, layer) => {
      const values = names.map((name) => tf.reshape(cache.get(name)!, [rows * length, -1]) as Tensor2D);
      form.mass(shape.layer, values).dataSync().forEach((mass, expert) => (sums[layer]![expert]! += mass));
      form.uses(shape.layer, values.map((value) => value.dataSync<'float32'>()), rows * length).forEach(({ experts, weights }, token) => experts.forEach((expert, i) => {
        counts[layer]![expert]!++;
        if (uses.slots > 0) uses.add(layer, expert, place + token, weights[i]!);
      }));
    });
    tf.dispose([...cache.values()]);
  });
}

/**
 * Runs the model over the tokens of each domain, int32 [tokens] each. A place in `uses` counts through all domains, each with the tokens that `wholeTokens` gives it.
 *
 * Kinds: unsupported (a model without experts), cancelled, not-finite.
 */
export async function attributeExperts(model: LanguageModel, domains: readonly Int32Array[], { signal, uses: slots, progress = () => {} }: AttributeOptions): Promise<Attribution> {
  const { form, experts } = expertsOf(model.config);
  const { layers, contextLength } = model.config;
  const uses = new TopUses(layers, experts, slots);
  const names = Array.from({ length: layers }, (_, layer) => form.hooks.map((hook) => `blocks.${layer}.${hook}`)).flat();
  const zeros = (): Float64Array[] => Array.from({ length: layers }, () => new Float64Array(experts));
  const sums = domains.map(zeros);
  const counts = domains.map(zeros);
  const tokens: number[] = [];
  let place = 0;
  for (const [domain, ids] of domains.entries()) {
    const start = place;
    for await (const batch of contextsOf(ids, contextLength, rowsAtOnce(model, names), signal)) {
      addPass(model, batch, sums[domain]!, counts[domain]!, uses, place);
      place += batch.tokens.length;
      progress(place);
    }
    tokens.push(place - start);
  }
  const means = (all: readonly (readonly Float64Array[])[]): Float64Array[][] => Array.from({ length: layers }, (_, layer) => all.map((own, domain) => own[layer]!.map((sum) => sum / tokens[domain]!)));
  return { layers, experts, tokens, masses: means(sums), loads: means(counts), uses };
}

/** The domain of each expert by layer, -1 where none: int16 [experts] each. */
export function expertOwners({ masses }: Pick<Attribution, 'masses'>, rule: SpecialisationRule): Int16Array[] {
  return masses.map((ofDomains) => specialisedExperts(ofDomains, rule));
}

/** Experts of a layer that some domain uses by more than `floor`. */
export function usedExperts(masses: readonly Float64Array[], floor: number): ExpertSet {
  const set = new ExpertSet(masses[0]!.length);
  masses.forEach((mass) => mass.forEach((value, expert) => value > floor && set.add(expert)));
  return set;
}
