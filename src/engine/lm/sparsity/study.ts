/**
 * A study of a language model's sparsity, batch by batch over contexts: how many units fire, what the model loses when only the k largest stay, and under
 * noise (Li et al. 2022, arXiv 2210.06313; measures of CRATE and of mixtures where the layer has them). Counts and sums in float64, passes in float32.
 */
import type { Tensor } from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { LoupeError } from '../../../shared/errors.ts';
import type { LayerSparsity, NoiseCurves, Reliability, Score, SparsityStudy, TopKCurve } from '../../../shared/schema/sparsity.ts';
import { breathe, type JobContext } from '../../job.ts';
import type { HookEdit, LanguageModel } from '../definition.ts';
import type { BlockStudy, StudyState } from '../layers/definition.ts';
import { ActivationSparsity, type SparsityFigures } from '../layers/lazy/sparsity.ts';
import { calibrate, type Calibration } from './calibrate.ts';
import type { SparsityConfig } from './config.ts';
import { checkedLadder, densityBins, l0Figures, perTokenBins, usualLadder } from './ladder.ts';
import { cutAll, logitsAndStreams, logitsFrom, logitsOf, logitsWithNoise, logitsWithTokens, look, studyBatches, type StudyBatch } from './passes.ts';
import { NextTokenScore } from './score.ts';
import { notesOf, unitsHook, unitsOf, type ModelUnits } from './units.ts';

/** Units of a list that are written down. */
const listed = 500;

export interface SparsityResult {
  readonly study: Omit<SparsityStudy, 'model' | 'data' | 'backend' | 'untrained'>;
  /** Share of tokens on which each unit fires, [layers] of float64 [units]. */
  readonly rates: readonly Float64Array[];
}

type Progress = Pick<JobContext, 'signal' | 'progress'>;

const numbers = z.array(z.number());

/** Where a study is: batches done, and all that was counted. Exact as JSON, so that a study that goes on ends with the same numbers. */
export const studyPlaceSchema = z.strictObject({
  batches: z.int().min(0),
  counts: z.array(z.strictObject({ counts: numbers, fired: numbers, histogram: numbers })),
  blocks: z.array(z.record(z.string(), numbers).nullable()),
  scores: z.record(z.string(), z.strictObject({ sums: numbers, bins: numbers })),
});

export type StudyPlace = z.infer<typeof studyPlaceSchema>;

/** Where a study keeps its place: what was kept, and what keeps it, as often as it likes. */
export interface PlaceKeeper {
  readonly kept: StudyPlace | null;
  keep(place: () => StudyPlace): void;
}

/** Scores by name, made when first added to. */
class Scores {
  readonly #scores = new Map<string, NextTokenScore>();

  add(name: string, logits: Tensor, targets: Int32Array): void {
    const score = this.#scores.get(name) ?? new NextTokenScore();
    this.#scores.set(name, score);
    score.add(logits, targets);
  }

  state(): StudyPlace['scores'] {
    return Object.fromEntries([...this.#scores].map(([name, score]) => [name, score.state()]));
  }

  restore(state: StudyPlace['scores']): void {
    for (const [name, own] of Object.entries(state)) {
      const score = new NextTokenScore();
      score.restore(own);
      this.#scores.set(name, score);
    }
  }

  of(name: string): Score {
    return this.#scores.get(name)!.figures();
  }

  reliability(name: string): Reliability['bins'] {
    return this.#scores.get(name)!.bins.map(({ count, confidence, accuracy }) => ({ count, confidence, accuracy }));
  }
}

class Study {
  readonly #model: LanguageModel;
  readonly #config: SparsityConfig;
  readonly #units: ModelUnits;
  readonly #batches: readonly StudyBatch[];
  readonly #calibration: Calibration;
  readonly #ladder: readonly number[];
  readonly #keep: readonly (number | null)[];
  readonly #counts: readonly ActivationSparsity[];
  readonly #blocks: readonly (BlockStudy | null)[];
  readonly #scores = new Scores();
  readonly #context: Progress;
  readonly #begin = performance.now();
  #done = 0;
  /** What was done before this sitting. */
  #before = 0;
  readonly #total: number;

  constructor(model: LanguageModel, config: SparsityConfig, ids: Int32Array, length: number, context: Progress) {
    this.#model = model;
    this.#config = config;
    this.#context = context;
    this.#units = unitsOf(model);
    const { units } = this.#units;
    const layers = model.config.layers;
    // Batches end where curves do.
    const limits = [config.topkTokens, config.noiseTokens].filter((limit) => limit > 0);
    this.#batches = studyBatches(ids, length, Math.max(model.config.vocab, units), Math.min(...limits));
    this.#calibration = calibrate(model, this.#units, this.#batches[0]!, config.epsilon);
    const { usual, most, thresholds } = this.#calibration;
    this.#ladder = config.topkTokens === 0 ? [] : config.topk === null ? usualLadder(units, this.#units.exact ? most : units) : checkedLadder(config.topk, units);
    const keep = config.noiseKeep ?? [Math.ceil(usual / 2), Math.ceil(usual / 8)].filter((k) => k >= 1);
    this.#keep = [null, ...checkedLadder(keep, units).reverse()];
    this.#counts = thresholds.map((threshold) => new ActivationSparsity(units, threshold));
    this.#blocks = Array.from({ length: layers }, () => this.#units.study());
    this.#total = this.#batches.reduce((sum, batch) => sum + this.#cost(batch), 0);
  }

  async run({ kept, keep }: PlaceKeeper): Promise<SparsityResult> {
    const first = kept === null ? 0 : this.#goOn(kept);
    for (const [at, batch] of this.#batches.entries()) {
      if (at < first) continue;
      const streams = await this.#reference(batch);
      try {
        if (this.#curves(batch)) await this.#cutBatch(batch, streams);
      } finally {
        streams.forEach((stream) => stream.dispose());
      }
      if (this.#noisy(batch)) await this.#noiseBatch(batch);
      keep(() => this.#place(at + 1));
    }
    return this.#result();
  }

  #place(batches: number): StudyPlace {
    return { batches, counts: this.#counts.map((count) => count.state()), blocks: this.#blocks.map((block) => (block === null ? null : mutable(block.state()))), scores: this.#scores.state() };
  }

  /** Takes a place that was kept, and gives the batch to go on with. */
  #goOn({ batches, counts, blocks, scores }: StudyPlace): number {
    this.#counts.forEach((count, layer) => count.restore(counts[layer]!));
    this.#blocks.forEach((block, layer) => block?.restore(blocks[layer]!));
    this.#scores.restore(scores);
    this.#done = this.#before = this.#batches.slice(0, batches).reduce((sum, batch) => sum + this.#cost(batch), 0);
    return batches;
  }

  #cost(batch: StudyBatch): number {
    return 1 + (this.#curves(batch) ? this.#curveCost() : 0) + (this.#noisy(batch) ? this.#noiseCost() : 0);
  }

  #curves(batch: StudyBatch): boolean {
    return within(batch, this.#config.topkTokens);
  }

  #noisy(batch: StudyBatch): boolean {
    return within(batch, this.#config.noiseTokens);
  }

  /** Ks whose pass differs from the model as it is. */
  get #below(): readonly number[] {
    return this.#ladder.filter((k) => k < this.#units.units);
  }

  #curveCost(): number {
    return this.#below.length * (1 + (this.#config.eachLayer ? (this.#model.config.layers + 1) / 2 : 0));
  }

  #noiseCost(): number {
    return this.#keep.length * (1 + this.#config.noise.length + this.#config.substitution.length);
  }

  /** One pass, or a part of one, with what was asked in between let in. */
  async #pass<T>(cost: number, work: () => T): Promise<T> {
    await breathe();
    if (this.#context.signal.aborted) throw new LoupeError('cancelled', 'the study was stopped; resumed it goes on with the batch that it was at');
    const result = work();
    this.#done += cost;
    const seconds = (performance.now() - this.#begin) / 1000;
    this.#context.progress({
      phase: 'measure', step: Math.round(this.#done), total: Math.round(this.#total), tokensPerSecond: null, etaSeconds: (seconds / (this.#done - this.#before)) * (this.#total - this.#done), metrics: {}, message: null,
    });
    return result;
  }

  /** The model as it is, everybody looking; the streams before blocks, for passes that begin there. */
  async #reference(batch: StudyBatch): Promise<Tensor[]> {
    const looks = this.#counts.flatMap((count, layer): HookEdit[] => [look(unitsHook(layer), (value) => count.add(value)), ...this.#blockLooks(layer, batch)]);
    return this.#pass(1, () => {
      const wanted = this.#curves(batch) && this.#config.eachLayer && this.#below.length > 0;
      const { logits, streams } = wanted ? logitsAndStreams(this.#model, batch, looks) : { logits: logitsOf(this.#model, batch, looks), streams: [] };
      // Added before the logits are freed by the first of them.
      if (this.#curves(batch)) this.#scores.add('topk reference', logits.clone(), batch.targets);
      this.#scores.add('full', logits, batch.targets);
      return streams;
    });
  }

  #blockLooks(layer: number, { batch, length }: StudyBatch): HookEdit[] {
    const block = this.#blocks[layer];
    if (block === null || block === undefined) return [];
    const weights = this.#model.own!.blocks[layer]!;
    return block.hooks.map((hook) => look(`blocks.${layer}.${hook}`, (value) => block.see(hook, value, weights, { batch, length })));
  }

  async #cutBatch(batch: StudyBatch, streams: readonly Tensor[]): Promise<void> {
    const layers = this.#model.config.layers;
    for (const k of this.#below) {
      await this.#pass(1, () => this.#scores.add(`topk ${k}`, logitsOf(this.#model, batch, cutAll(layers, k)), batch.targets));
      for (const [layer, stream] of streams.entries()) {
        await this.#pass((layers - layer) / layers, () => this.#scores.add(`topk ${k} in ${layer}`, logitsFrom(this.#model, batch, layer, stream, k), batch.targets));
      }
    }
  }

  async #noiseBatch(batch: StudyBatch): Promise<void> {
    const { noise, substitution, seed } = this.#config;
    const { embeddingRms: rms } = this.#calibration;
    for (const keep of this.#keep) {
      await this.#pass(1, () => this.#scores.add(`clean ${keep}`, logitsOf(this.#model, batch, cutAll(this.#model.config.layers, keep)), batch.targets));
      for (const level of noise) await this.#pass(1, () => this.#scores.add(`noise ${level} ${keep}`, logitsWithNoise(this.#model, batch, { level, rms, seed, keep }), batch.targets));
      for (const level of substitution) await this.#pass(1, () => this.#scores.add(`tokens ${level} ${keep}`, logitsWithTokens(this.#model, batch, { level, seed, keep }), batch.targets));
    }
  }

  #result(): SparsityResult {
    const figures = this.#counts.map((count) => count.figures());
    const { seed, epsilon } = this.#config;
    return {
      study: {
        format: 'loupe-sparsity', version: 1, length: this.#batches[0]!.length, seed, exact: this.#units.exact, epsilon, full: this.#scores.of('full'), reliability: this.#reliability(),
        layers: figures.map((one, layer) => this.#layer(one, layer)), topk: this.#topK(), noise: this.#noise(), notes: notesOf(this.#model, this.#units, epsilon),
      },
      rates: figures.map(({ firingRates }) => firingRates),
    };
  }

  #layer({ share, shareOfLive, nearMaximum, histogram, firingRates, tokens }: SparsityFigures, layer: number): LayerSparsity {
    return {
      layer, units: this.#units.units, threshold: this.#calibration.thresholds[layer]!, share, shareOfLive, nearMaximum, l0: l0Figures(histogram),
      never: this.#list(firingRates, (rate) => rate === 0), always: this.#list(firingRates, (rate) => rate === 1),
      density: densityBins(firingRates, tokens), perToken: perTokenBins(histogram), ...this.#blocks[layer]?.figures(),
    };
  }

  #list(rates: Float64Array, belongs: (rate: number) => boolean): LayerSparsity['never'] {
    const units = [...rates.keys()].filter((unit) => belongs(rates[unit]!));
    return { count: units.length, first: units.slice(0, listed) };
  }

  #reliability(): Reliability[] {
    const cuts = this.#config.noiseTokens === 0 ? [] : this.#keep.filter((keep) => keep !== null);
    return [{ keep: null, bins: this.#scores.reliability('full') }, ...cuts.map((keep) => ({ keep, bins: this.#scores.reliability(`clean ${keep}`) }))];
  }

  #topK(): TopKCurve | null {
    if (this.#ladder.length === 0) return null;
    const reference = this.#scores.of('topk reference');
    const point = (k: number): TopKCurve['points'][number] => {
      // What is not cut is the model as it is.
      const score = (name: string): Score => (k >= this.#units.units ? reference : this.#scores.of(name));
      return { k, all: score(`topk ${k}`), layers: this.#config.eachLayer ? this.#counts.map((_, layer) => score(`topk ${k} in ${layer}`)) : null };
    };
    return { reference, points: this.#ladder.map(point) };
  }

  #noise(): NoiseCurves | null {
    const { noiseTokens, noise, substitution } = this.#config;
    if (noiseTokens === 0) return null;
    const series = (kind: string, levels: readonly number[]): NoiseCurves['embedding'] => [
      { level: 0, scores: this.#keep.map((keep) => this.#scores.of(`clean ${keep}`)) },
      ...[...new Set(levels)].sort((a, b) => a - b).map((level) => ({ level, scores: this.#keep.map((keep) => this.#scores.of(`${kind} ${level} ${keep}`)) })),
    ];
    return { keep: [...this.#keep], embedding: series('noise', noise), substitution: series('tokens', substitution) };
  }
}

const nowhere: PlaceKeeper = { kept: null, keep: () => undefined };

function mutable(state: StudyState): Record<string, number[]> {
  return Object.fromEntries(Object.entries(state).map(([name, values]) => [name, [...values]]));
}

/** Whether a batch lies within the first `limit` tokens; the first one does unless there are none. */
function within({ first, batch, length }: StudyBatch, limit: number): boolean {
  return limit > 0 && (first === 0 || (first + batch) * length <= limit);
}

/** The length of a study's contexts over ids int32 [tokens]. Kind bad-request where there is nothing to predict, or the model's context is shorter. */
export function studyLength(model: LanguageModel, ids: Int32Array, wanted: number | null): number {
  const most = model.config.contextLength;
  if (wanted !== null && wanted > most) throw new LoupeError('bad-request', `length is ${wanted}, and the context of ${model.config.name} has ${most} tokens: choose at most that.`);
  if (ids.length < 2) throw new LoupeError('bad-request', `data: ${ids.length} tokens: there is nothing to predict. Give a longer text.`);
  return Math.min(wanted ?? Math.min(256, most), ids.length - 1);
}

/**
 * Studies `model` on ids int32 [tokens]. The same numbers for the same tokens, seed and backend, also where `keeper` has a place to go on from. Kinds: bad-request (too few tokens, a length over the
 * context), not-finite, cancelled, and those of a pass.
 */
export function studySparsity(model: LanguageModel, config: SparsityConfig, ids: Int32Array, context: Progress, keeper: PlaceKeeper = nowhere): Promise<SparsityResult> {
  return new Study(model, config, ids, studyLength(model, ids, config.length), context).run(keeper);
}
