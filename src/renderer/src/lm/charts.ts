/** The charts of a language model's training, made of the columns of its history: what belongs together is one chart. Pure. */
import { metricStyle } from '../charts/curve-options.ts';
import type { Line, LinesSpec } from '../charts/lines-options.ts';

export type Curves = ReadonlyMap<string, Line['points']>;

export interface LmChart {
  /** Stays the same while the run grows. */
  readonly id: string;
  readonly title: string;
  readonly meaning: string;
  readonly spec: LinesSpec;
}

interface Words {
  readonly title: string;
  readonly y: string;
  readonly meaning: string;
  readonly log?: boolean;
}

/** Of one number a row. */
const single: Readonly<Record<string, Words>> = {
  perplexity: { title: 'Perplexity', y: 'perplexity', meaning: 'exp of the validation loss: among how many equally likely tokens the model hesitates. Lower is better.', log: true },
  gradientNorm: { title: 'Gradient norm', y: 'norm', meaning: 'Norm of the whole gradient before clipping. Jumps say that a batch is unlike the others.', log: true },
  lr: { title: 'Learning rate', y: 'rate', meaning: 'Warm-up, then a cosine down to the least rate.' },
  tokensPerSecond: { title: 'Speed', y: 'tokens/s', meaning: 'Tokens trained on a second, without validation. Higher is better.' },
  mfu: { title: 'Use of the machine (MFU)', y: 'share', meaning: 'Floating-point operations that the speed means, as a share of the fastest matrix product measured here at the start.' },
};

/** Of one number a block. */
const byBlock: Readonly<Record<string, Words>> = {
  active: { title: 'Halves kept by a routing head', y: 'halves', meaning: 'Mean over tokens, heads and both halves; near the setting "active".' },
  nonZero: { title: 'Share of the code that is not 0', y: 'share', meaning: 'Mean over tokens. Lower is sparser.' },
};

/** Of one number an expert of a block. */
const byExpert: Readonly<Record<string, Words>> = {
  load: { title: 'Expert load', y: 'share of tokens', meaning: 'Share of the routed tokens that each expert takes. Even shares are balanced; an expert at 0 has died.' },
  l0: { title: 'Units that fire, by expert', y: 'units a token', meaning: 'Units of the expert that are not 0 on a token that it takes.' },
};

const lossNames: Readonly<Record<string, string>> = { loss: 'training', validLoss: 'validation' };

function chart(id: string, { title, y, meaning, log = false }: Words, lines: readonly Line[]): LmChart {
  return { id, title, meaning, spec: { x: 'step', y, log, lines } };
}

const numbered = (name: string): number => Number(/\d+$/.exec(name)?.[0] ?? 0);

/** Curves of blocks: "blocks.2.load.3" is expert 3 of block 2, "blocks.2.active" a number of the block. */
function blockCharts(curves: Curves): LmChart[] {
  const parsed = [...curves].flatMap(([name, points]) => {
    const match = /^blocks\.(\d+)\.([A-Za-z0-9]+)(?:\.(\w+))?$/.exec(name);
    return match === null ? [] : [{ block: Number(match[1]), what: match[2]!, entry: match[3], points }];
  });
  const charts: LmChart[] = [];
  for (const [what, list] of Map.groupBy(parsed.filter(({ entry }) => entry === undefined), (each) => each.what)) {
    charts.push(chart(`block.${what}`, byBlock[what] ?? { title: what, y: what, meaning: 'As the layer measures it, by block.' }, list.map(({ block, points }) => ({ name: `block ${block}`, points }))));
  }
  for (const [key, list] of Map.groupBy(parsed.filter(({ entry }) => entry !== undefined), ({ what, block }) => `${what}.${block}`)) {
    const { what, block } = list[0]!;
    const words = byExpert[what] ?? { title: what, y: what, meaning: 'As the layer measures it.' };
    const lines = list.toSorted((a, b) => numbered(a.entry!) - numbered(b.entry!)).map(({ entry, points }) => ({ name: /^\d+$/.test(entry!) ? `expert ${entry}` : entry!, points }));
    charts.push(chart(`expert.${key}`, { ...words, title: `${words.title}, block ${block}` }, lines));
  }
  return charts;
}

/** Every column of a history in one chart or another, in reading order. `step` is the axis, `seconds` another one. */
export function lmCharts(curves: Curves): LmChart[] {
  const filled = new Map([...curves].filter(([name, points]) => name !== 'step' && name !== 'seconds' && points.some(([, value]) => value !== null)));
  const lines = (names: readonly string[], nameOf: (name: string) => string): Line[] => names.flatMap((name) => (filled.has(name) ? [{ name: nameOf(name), points: filled.get(name)!.filter(([, value]) => value !== null) }] : []));
  const losses = lines(Object.keys(lossNames), (name) => lossNames[name]!);
  const layers = [...filled.keys()].filter((name) => /^l0\.\d+$/.test(name)).toSorted((a, b) => numbered(a) - numbered(b));
  const known = new Set([...Object.keys(lossNames), ...Object.keys(single), ...layers]);
  const others = [...filled.keys()].filter((name) => !known.has(name) && !name.startsWith('blocks.'));
  return [
    ...(losses.length === 0 ? [] : [chart('loss', { title: 'Loss', y: 'nats a token', meaning: 'Mean -log p(next token). Validation is on tokens that are never trained on. Lower is better.', log: true }, losses)]),
    ...(layers.length === 0 ? [] : [chart('l0', { title: 'Units that fire, by layer (L0)', y: 'units a token', meaning: 'Units of mlp.hook_post that are not 0 on a token, a mean over validation tokens. Lower is sparser.', log: true }, lines(layers, (name) => `layer ${numbered(name)}`))]),
    ...Object.entries(single).flatMap(([name, words]) => (filled.has(name) ? [chart(name, words, lines([name], () => words.title))] : [])),
    ...blockCharts(new Map([...filled].map(([name, points]) => [name, points.filter(([, value]) => value !== null)]))),
    ...(others.length === 0 ? [] : [chart('auxiliary', { title: others.length === 1 ? `Auxiliary loss: ${metricStyle(others[0]!).title}` : 'Auxiliary losses', y: 'loss, unweighted', meaning: 'What the layers add to the loss, before its weight: balance of experts, uniformity and ambiguity of routing.' }, lines(others, (name) => metricStyle(name).title))]),
  ];
}
