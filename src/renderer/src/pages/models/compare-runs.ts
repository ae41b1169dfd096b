/** Trained models side by side: the columns of their table, their curves over one axis, and how their configs differ. Pure. */
import type { Line } from '../../charts/lines-options.ts';
import type { Curves } from '../../lm/charts.ts';
import type { LmRun } from '../../../../shared/schema/lm.ts';

export interface RunColumn {
  readonly key: string;
  readonly title: string;
  readonly figure: boolean;
  /** What it is, on hover. */
  readonly meaning: string;
  /** How a number is written; text columns have none. */
  readonly format?: 'count' | 'compact' | 'significant' | 'percent';
  readonly value: (run: LmRun) => string | number | null;
}

const text = (key: string, title: string, value: (run: LmRun) => string): RunColumn => ({ key, title, figure: false, meaning: '', value });
const figure = (key: string, title: string, format: RunColumn['format'], meaning: string): RunColumn => ({ key, title, figure: true, format, meaning, value: (run) => run.figures[key] ?? null });

const fixed: readonly RunColumn[] = [
  text('name', 'Model', ({ name }) => name),
  text('arch', 'Architecture', ({ config }) => String(config['arch'] ?? '–')),
  text('data', 'Data', ({ config }) => (String(config['data'] ?? '–').split(/[\\/]/).at(-1) ?? '–')),
  figure('parameters', 'Parameters', 'compact', 'All that are trained'),
  figure('active_parameters', 'Active', 'compact', 'Parameters that take part in computing a token'),
  figure('steps', 'Steps', 'count', 'Updates of the weights so far'),
  figure('tokens', 'Tokens', 'compact', 'Tokens trained on, repeats counted'),
  figure('valid_loss', 'Validation loss, nats', 'significant', 'Mean -log p(next token) over tokens that were never trained on. Lower is better.'),
  figure('perplexity', 'Perplexity', 'significant', 'exp of the validation loss. Lower is better.'),
  figure('tokens_per_s', 'Tokens/s', 'compact', 'Speed of training'),
];

/** Figures of chess evaluations: shown where any model has them. */
const evaluated: readonly RunColumn[] = [
  figure('legal_move_rate', 'Legal moves', 'percent', 'Share of written moves that are legal. Higher is better.'),
  figure('coverage', 'Coverage', 'significant', 'How well the best single unit tells each property of the board: mean of the best F1. Higher is better.'),
  figure('reconstruction_f1', 'Reconstruction F1', 'significant', 'How much of the board the units with high precision give back: mean F1. Higher is better.'),
];

export function runColumns(runs: readonly LmRun[]): readonly RunColumn[] {
  return [...fixed, ...evaluated.filter(({ key }) => runs.some((run) => run.figures[key] !== undefined))];
}

/** Runs in the order of a column; those without a value come last, either way. */
export function sortRuns(runs: readonly LmRun[], column: RunColumn, descending: boolean): LmRun[] {
  const sign = descending ? -1 : 1;
  return runs.toSorted((a, b) => {
    const [x, y] = [column.value(a), column.value(b)];
    if (x === null || y === null) return Number(x === null) - Number(y === null);
    return sign * (typeof x === 'number' && typeof y === 'number' ? x - y : String(x).localeCompare(String(y), 'en', { numeric: true }));
  });
}

export const axes = ['step', 'tokens', 'time'] as const;
export type Axis = (typeof axes)[number];
export const axisNames: Readonly<Record<Axis, string>> = { step: 'step', tokens: 'tokens', time: 'time, s' };

/** Tokens of one step, or null where the run does not tell. */
function tokensPerStep({ figures: { tokens, steps } }: LmRun): number | null {
  return typeof tokens === 'number' && typeof steps === 'number' && steps > 0 ? tokens / steps : null;
}

/** Seconds of training at steps: as logged; of older histories, which lack them, summed up from the speed. */
function seconds(curves: Curves, perStep: number): [number, number][] {
  const logged = (curves.get('seconds') ?? []).filter((point): point is [number, number] => point[1] !== null);
  if (logged.length > 0) return logged;
  let [before, time] = [0, 0];
  return (curves.get('tokensPerSecond') ?? []).flatMap(([step, speed]): [number, number][] => {
    if (speed === null || speed <= 0) return [];
    time += ((step - before) * perStep) / speed;
    before = step;
    return [[step, time]];
  });
}

/** Linear between the places that are known; the first and the last line go on beyond them. */
function between(places: readonly (readonly [number, number])[], step: number): number | null {
  if (places.length === 0) return null;
  const after = places.findIndex(([at]) => at >= step);
  const [a, b] = after <= 0 ? [[0, 0] as const, places[after === 0 ? 0 : places.length - 1]!] : [places[after - 1]!, places[after]!];
  return b[0] === a[0] ? b[1] : a[1] + ((step - a[0]) / (b[0] - a[0])) * (b[1] - a[1]);
}

/** A run's curve over another axis than the step; empty where the run does not tell enough. */
export function along(points: Line['points'], axis: Axis, run: LmRun, curves: Curves): Line['points'] {
  const present = points.filter(([, value]) => value !== null);
  if (axis === 'step') return present;
  const perStep = tokensPerStep(run);
  if (perStep === null) return [];
  if (axis === 'tokens') return present.map(([step, value]) => [step * perStep, value]);
  const places = seconds(curves, perStep);
  return present.flatMap(([step, value]) => {
    const time = between(places, step);
    return time === null ? [] : [[time, value] as const];
  });
}

/** Units that fire, a mean over the layers that a row names. */
export function meanL0(curves: Curves): Line['points'] {
  const layers = [...curves].filter(([name]) => /^l0\.\d+$/.test(name));
  const first = layers[0]?.[1] ?? [];
  return first.map(([step], row): readonly [number, number | null] => {
    const values = layers.flatMap(([, points]) => points[row]?.[1] ?? []);
    return [step, values.length === 0 ? null : values.reduce((a, b) => a + b, 0) / values.length];
  });
}

export interface Difference {
  readonly field: string;
  /** One a run, in the order given; null where the run has no such field. */
  readonly values: readonly (string | null)[];
}

function flat(config: Readonly<Record<string, unknown>>, prefix = ''): [string, string][] {
  return Object.entries(config).flatMap(([name, value]): [string, string][] => (
    typeof value === 'object' && value !== null && !Array.isArray(value) ? flat(value as Record<string, unknown>, `${prefix}${name}.`) : [[prefix + name, value === null ? 'as the preset' : String(value)]]));
}

/** Fields of the configs whose values are not all the same; where they are written is no difference. */
export function differences(runs: readonly LmRun[]): Difference[] {
  const configs = runs.map(({ config }) => new Map(flat(config).filter(([name]) => name !== 'out')));
  const names = [...new Set(configs.flatMap((config) => [...config.keys()]))];
  return names.map((field) => ({ field, values: configs.map((config) => config.get(field) ?? null) })).filter(({ values }) => new Set(values).size > 1);
}
