/** Rows of Neuronpedia's files as a catalog needs them. Missing fields have defaults; a wrong one throws a FieldProblem that names it. */
import { limits } from '../../catalog/blobs.ts';
import { FieldProblem, indexField, numberField, numbersField, parseRow, rowsField, textField, textsField } from './fields.ts';

/** Longest text of a token in a vocabulary. */
const tokenLength = 1000;

export interface FeatureInput {
  readonly index: number;
  readonly layer: string | null;
  readonly modelId: string | null;
  readonly set: string | null;
  readonly hookName: string | null;
  /** Firings per token. */
  readonly density: number;
  readonly max: number;
  /** Counts or shares by centre of a bin, rising. */
  readonly histogram: { readonly centres: readonly number[]; readonly heights: readonly number[] };
  readonly up: { readonly texts: readonly string[]; readonly values: readonly number[] };
  readonly down: { readonly texts: readonly string[]; readonly values: readonly number[] };
  readonly neighbours: { readonly indices: readonly number[]; readonly cosines: readonly number[] };
}

function pairs<A, B>(name: string, left: readonly A[], right: readonly B[]): void {
  if (left.length !== right.length) throw new FieldProblem(`field ${name}: it has ${left.length} entries beside ${right.length}`);
}

export function readFeature(text: string): FeatureInput {
  const row = parseRow(text);
  const density = numberField(row, 'frac_nonzero') ?? 0;
  const max = numberField(row, 'maxActApprox') ?? 0;
  if (density < 0 || density > 1) throw new FieldProblem('field frac_nonzero: a share from 0 to 1 belongs there');
  if (max < 0) throw new FieldProblem('field maxActApprox: a number of at least 0 belongs there');
  const centres = numbersField(row, 'freq_hist_data_bar_values', limits.histogramBins);
  const heights = numbersField(row, 'freq_hist_data_bar_heights', limits.histogramBins);
  pairs('freq_hist_data_bar_values', centres, heights);
  const effects = (side: 'pos' | 'neg'): { texts: string[]; values: number[] } => {
    const texts = textsField(row, `${side}_str`, limits.effects, tokenLength);
    const values = numbersField(row, `${side}_values`, limits.effects);
    pairs(`${side}_values`, values, texts);
    return { texts, values };
  };
  const indices = numbersField(row, 'topkCosSimIndices', limits.effects);
  const cosines = numbersField(row, 'topkCosSimValues', limits.effects);
  pairs('topkCosSimValues', cosines, indices);
  return {
    index: indexField(row), layer: textField(row, 'layer', 200), modelId: textField(row, 'modelId', 200), set: textField(row, 'sourceSetName', 200),
    hookName: textField(row, 'hookName', 200), density, max, histogram: { centres, heights: heights.map((height) => Math.max(0, height)) },
    up: effects('pos'), down: effects('neg'), neighbours: { indices, cosines },
  };
}

export interface ActivationInput {
  readonly index: number;
  readonly layer: string | null;
  readonly modelId: string | null;
  readonly tokens: readonly string[];
  /** float32 [tokens], none below 0 */
  readonly values: Float32Array;
  readonly peak: number;
  /** The interval of an example that was drawn from one, and its share of the firings. */
  readonly interval: { readonly low: number; readonly high: number; readonly share: number } | null;
  readonly document: number;
  readonly dataset: string | null;
}

/** The peak: the token that the example was chosen for, else the strongest. */
function peakOf(values: Float32Array, named: number | null, strongest: number | null): number {
  for (const place of [named, strongest]) if (place !== null && Number.isInteger(place) && values[place] !== undefined && values[place] > 0) return place;
  let best = 0;
  values.forEach((value, i) => { if (value > values[best]!) best = i; });
  return best;
}

/** `dataIndex` where it is a number, however it is written. */
function documentOf(row: Readonly<Record<string, unknown>>): number {
  const value = Object.hasOwn(row, 'dataIndex') ? String(row['dataIndex']) : '';
  return /^\d{1,9}$/.test(value) ? Number(value) : 0;
}

export function readActivation(text: string): ActivationInput {
  const row = parseRow(text);
  const index = indexField(row);
  const tokens = textsField(row, 'tokens', limits.window, tokenLength);
  const values = Float32Array.from(numbersField(row, 'values', limits.window), (value) => Math.max(0, value));
  if (tokens.length === 0) throw new FieldProblem('field tokens: a list of at least one text belongs there');
  pairs('values', [...values], tokens);
  if (!values.every(Number.isFinite)) throw new FieldProblem('field values: numbers that a float32 can hold belong there');
  const peak = peakOf(values, numberField(row, 'qualifyingTokenIndex'), numberField(row, 'maxValueTokenIndex'));
  if (!(values[peak]! > 0)) throw new FieldProblem('field values: the feature fires nowhere');
  const [low, high, share] = [numberField(row, 'binMin'), numberField(row, 'binMax'), numberField(row, 'binContains')];
  const drawn = low !== null && high !== null && share !== null && share >= 0 && high > low;
  return {
    index, layer: textField(row, 'layer', 200), modelId: textField(row, 'modelId', 200), tokens, values, peak,
    interval: drawn ? { low, high, share } : null, document: documentOf(row), dataset: textField(row, 'dataSource', 1000),
  };
}

export interface ScoreInput {
  readonly uid: string | null;
  readonly scorer: string;
  readonly judge: string;
  readonly value: number;
  readonly createdAt: string | null;
  readonly details: string;
}

export interface ExplanationInput {
  readonly uid: string | null;
  readonly index: number;
  readonly layer: string | null;
  readonly text: string;
  readonly kind: 'manual' | 'rule' | 'model';
  readonly author: string;
  readonly notes: string;
  readonly createdAt: string | null;
  readonly scores: readonly ScoreInput[];
}

export function readExplanation(text: string): ExplanationInput {
  const row = parseRow(text);
  const index = indexField(row);
  const description = (textField(row, 'description', 100_000) ?? '').trim();
  if (description === '') throw new FieldProblem('field description: a text belongs there');
  if (description.length > limits.label) throw new FieldProblem(`field description: a text of at most ${limits.label} characters belongs there`);
  const model = textField(row, 'explanationModelName', limits.author);
  const kind = textField(row, 'typeName', 200) === 'rule' ? 'rule' : model !== null && model !== '' ? 'model' : 'manual';
  const author = textField(row, 'authorId', limits.author) ?? '';
  return {
    uid: textField(row, 'id', 100), index, layer: textField(row, 'layer', 200), text: description, kind, author: kind === 'manual' ? author : model ?? author,
    notes: textField(row, 'notes', limits.notes) ?? '', createdAt: textField(row, 'createdAt', 100),
    scores: rowsField(row, 'scores', 100).map((score) => ({
      uid: textField(score, 'id', 100), scorer: textField(score, 'explanationScoreTypeName', 100) ?? 'unknown', judge: textField(score, 'explanationScoreModelName', 200) ?? '',
      value: numberField(score, 'value') ?? Number.NaN, createdAt: textField(score, 'createdAt', 100), details: textField(score, 'jsonDetails', limits.details) ?? '',
    })),
  };
}
