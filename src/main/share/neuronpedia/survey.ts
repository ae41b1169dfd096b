/** The first look at a source's files: what a catalog has to know before its first row. Rows are counted as problems in the second look. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Watch } from '../export/watch.ts';
import { intervalPlace, intervals } from './counts.ts';
import { FieldProblem, numberField, parseRow, textField } from './fields.ts';
import type { SourceFiles } from './files.ts';
import { readLines } from './lines.ts';
import { eachRow } from './problems.ts';
import { readActivation, readFeature } from './read.ts';

/** What a feature's examples tell about it. */
export interface Seen {
  max: number;
  /** Tokens on which it fires in its examples. */
  firings: number;
  /** Share of the firings by interval, NaN where no example told. */
  readonly shares: Float64Array;
  /** Firings in its examples by tenth of a power of ten from 1e-4: only where there are no features. */
  readonly grid: Uint32Array | null;
}

export interface Survey {
  readonly indices: ReadonlySet<number>;
  readonly seen: ReadonlyMap<number, Seen>;
  /** Tokens of the longest example. */
  readonly longest: number;
  /** Tokens that figures are over, and where that number is from. */
  readonly tokens: number;
  readonly tokensFrom: 'source' | 'histograms' | 'nominal' | 'examples';
  readonly modelId: string;
  readonly layer: string;
  readonly hookName: string | null;
  readonly dModel: number;
  readonly layers: number;
  readonly dataset: string;
}

export const gridBins = 50;
/** log10 of the lowest edge of `Seen.grid` and of the highest. */
export const gridRange = [-4, 4] as const;
/** Where nothing says over how many tokens figures are. */
const nominalTokens = 10_000_000;

type Row = Readonly<Record<string, unknown>>;

/** The only row of `source.jsonl` or `model.jsonl`; empty where it is missing or broken. */
async function headOf(folder: string, name: string): Promise<Row> {
  const path = [`${name}.jsonl`, `${name}.jsonl.gz`].map((file) => join(folder, file)).find((file) => existsSync(file));
  if (path === undefined) return {};
  try {
    for await (const { text } of readLines(path)) return parseRow(text);
  } catch (error) {
    if (!(error instanceof FieldProblem)) throw error;
  }
  return {};
}

function optional<T>(read: () => T | null): T | null {
  try {
    return read();
  } catch {
    return null;
  }
}

function note(seen: Map<number, Seen>, index: number, values: Float32Array, share: { low: number; high: number; share: number } | null, grids: boolean): Seen {
  let known = seen.get(index);
  if (known === undefined) seen.set(index, known = { max: 0, firings: 0, shares: new Float64Array(intervals).fill(Number.NaN), grid: grids ? new Uint32Array(gridBins) : null });
  for (const value of values) {
    if (!(value > 0)) continue;
    known.firings++;
    if (value > known.max) known.max = value;
    if (known.grid !== null) known.grid[Math.max(0, Math.min(gridBins - 1, Math.floor(((Math.log10(value) - gridRange[0]) / (gridRange[1] - gridRange[0])) * gridBins)))]!++;
  }
  if (share !== null) known.shares[intervalPlace(share.low, share.high)] = share.share;
  return known;
}

interface Tally {
  tokens: number;
  longest: number;
  modelId: string | null;
  layer: string | null;
  hookName: string | null;
  dataset: string | null;
  /** Tokens as each of the first histograms tells them. */
  readonly guesses: number[];
}

async function surveyFeatures(files: SourceFiles, indices: Set<number>, tally: Tally, tick: (file: number) => void): Promise<void> {
  await eachRow('features', files.features, readFeature, (row) => {
    indices.add(row.index);
    tally.modelId ??= row.modelId;
    tally.layer ??= row.layer;
    tally.hookName ??= row.hookName;
    const sum = row.histogram.heights.reduce((a, b) => a + b, 0);
    if (tally.guesses.length < 200 && row.density > 0 && sum >= 1 && row.histogram.heights.every(Number.isInteger)) tally.guesses.push(Math.round(sum / row.density));
  }, null, tick);
}

function tokensOf(source: Row, tally: Tally, withFeatures: boolean): Pick<Survey, 'tokens' | 'tokensFrom'> {
  if (!withFeatures) return { tokens: Math.max(1, tally.tokens), tokensFrom: 'examples' };
  const prompts = optional(() => numberField(source, 'num_prompts')) ?? 0;
  const each = optional(() => numberField(source, 'num_tokens_in_prompt')) ?? 0;
  if (prompts >= 1 && each >= 1 && Number.isSafeInteger(prompts * each) && prompts * each < 2 ** 52) return { tokens: prompts * each, tokensFrom: 'source' };
  const guess = tally.guesses.sort((a, b) => a - b)[Math.floor(tally.guesses.length / 2)];
  return guess !== undefined && Number.isSafeInteger(guess) ? { tokens: guess, tokensFrom: 'histograms' } : { tokens: nominalTokens, tokensFrom: 'nominal' };
}

export async function surveySource(files: SourceFiles, watch: Watch): Promise<Survey> {
  const [source, model] = [await headOf(files.folder, 'source'), await headOf(files.folder, 'model')];
  const [indices, seen] = [new Set<number>(), new Map<number, Seen>()];
  const tally: Tally = { tokens: 0, longest: 0, modelId: null, layer: null, hookName: null, dataset: null, guesses: [] };
  const all = files.features.length + files.activations.length;
  await surveyFeatures(files, indices, tally, (file) => watch.step('looking', file, all));
  const grids = indices.size === 0;
  await eachRow('activations', files.activations, readActivation, (row) => {
    if (!grids && !indices.has(row.index)) return;
    note(seen, row.index, row.values, row.interval, grids);
    tally.tokens += row.tokens.length;
    tally.longest = Math.max(tally.longest, row.tokens.length);
    tally.modelId ??= row.modelId;
    tally.layer ??= row.layer;
    tally.dataset ??= row.dataset;
  }, null, (file) => watch.step('looking', files.features.length + file, all));
  return {
    indices: grids ? new Set(seen.keys()) : indices, seen, longest: tally.longest, ...tokensOf(source, tally, !grids),
    modelId: optional(() => textField(source, 'modelId', 200)) ?? tally.modelId ?? 'model', layer: optional(() => textField(source, 'id', 200)) ?? tally.layer ?? '0-features',
    dModel: Math.max(0, Math.trunc(optional(() => numberField(model, 'dimension')) ?? 0)), hookName: tally.hookName, layers: Math.max(0, Math.trunc(optional(() => numberField(model, 'layers')) ?? 0)),
    dataset: optional(() => textField(source, 'dataset', 1000)) ?? tally.dataset ?? '',
  };
}
