/** Made-up features for looking at the pages without a model: every number comes from a seed. Never part of what ships. */
import { Random } from '../../../src/engine/random.ts';
import type { Example, Feature, FeatureRow } from '../../../src/shared/schema/catalog.ts';
import { vector } from '../../../src/shared/schema/tensor.ts';

const words = ' the of and to in a is that for it as was with be by on not he his but at are this have from or had an they which one you were all her she there would their we him been has when who will no more if out so said what up its about than into them can only other time new some could these two may first then do any like my now over such our man me even most made after also did many off before must well back through years much where your way down should because long each just state those people too mr how little good world make very year still see own work men day get here between both being under three never know same last another while us might great go come since against right came take used himself few house use place during high without again home around small however found mrs part school thought went say general once upon war every don does got united left number course until always away something fact water less public put think almost hand enough far took head yet better display modern history letter organ degree crime move motion action quickly\n café 日本 🙂 \t naïve <b>bold</b>'.split(/(?= )/);
const labels = ['forms of the verb “to move”', 'letters of the alphabet', 'organs of the body', 'degree adverbs (very, extremely)', 'crime and punishment', 'coastal geography', 'botanical Latin', 'music notation', 'units of measure', 'legal obligation', 'closing quotation mark after a name', '<script>alert(1)</script>'];

export interface Made {
  readonly rows: readonly FeatureRow[];
  readonly feature: (index: number) => Feature;
  readonly context: (index: number, context: number) => Example;
}

export function makeFeatures(n: number, seed: number): Made {
  const rows = Array.from({ length: n }, (_, index) => makeRow(index, seed));
  return { rows, feature: (index) => makeFeature(rows, index, seed), context: (index, context) => makeExample(rows[index]!.max, index, context, 128, seed) };
}

function makeRow(index: number, seed: number): FeatureRow {
  const random = Random.from(seed + index, 'row');
  const dead = random.uniform() < 0.015;
  const density = dead ? 0 : 10 ** (-5.3 + 3.6 * ((random.uniform() + random.uniform() + random.uniform()) / 3) + random.uniform() * 0.6);
  const max = dead ? 0 : 2 + 40 * random.uniform() ** 2;
  const labelled = !dead && random.uniform() < 0.2;
  const word = (): string => words[random.integer(words.length)]!;
  return {
    index, density, max, mean: max * (0.15 + 0.2 * random.uniform()), min: 0.02 * max, dead, tokenClass: null, family: null, score: labelled ? random.uniform() : null, notes: false,
    label: labelled ? labels[random.integer(labels.length)]! : null, labelKind: labelled ? (['manual', 'rule', 'model'] as const)[random.integer(3)]! : null, confidence: labelled ? 1 + random.integer(5) : null,
    preview: dead ? null : { before: Array.from({ length: 8 }, word).join(''), peak: word(), after: Array.from({ length: 8 }, word).join('') },
  };
}

function makeExample(max: number, index: number, context: number, length: number, seed: number): Example {
  const random = Random.from(seed + index * 977 + context, 'example');
  const start = length === 128 ? 0 : random.integer(64);
  const place = 10 + random.integer(length - 20);
  const tokens = Array.from({ length }, () => words[random.integer(words.length)]!);
  const values = Float32Array.from({ length }, (_, i) => (i === place ? max : random.uniform() < 0.1 || Math.abs(i - place) === 1 ? max * random.uniform() * 0.7 : 0));
  if (start === 0) tokens[0] = '<|endoftext|>';
  return {
    context, document: context * 3, start, peak: start + place, tokens, tokenIds: vector(Int32Array.from({ length }, () => random.integer(49_152))),
    activations: vector(values), step: max / 255, special: start === 0 ? [0] : [],
  };
}

function makeFeature(rows: readonly FeatureRow[], index: number, seed: number): Feature {
  const row = rows[index]!;
  const random = Random.from(seed + index, 'feature');
  const counts = Float64Array.from({ length: 50 }, (_, i) => Math.round(4000 * row.density * 1e3 * Math.exp(-(((i - 26) / 11) ** 2)) * (0.6 + 0.8 * random.uniform())));
  const logits = (sign: number): Feature['topLogits'] => Array.from({ length: 10 }, (_, i) => ({ token: words[random.integer(words.length)]!, tokenId: i + (sign > 0 ? 0 : 100), value: sign * (2.4 - 0.17 * i) }));
  const group = (name: string, n: number, low: number, high: number, share: number | null) => ({
    name, low, high, share, examples: Array.from({ length: n }, (_, i) => makeExample(low + (high - low) * (1 - i / (n + 1)), index, i + Math.round(low * 50), 64, seed)),
  });
  const dead = row.density === 0;
  return {
    source: 1, index, density: row.density, firings: Math.round(row.density * 216_000), tokens: 216_000, max: row.max, mean: row.mean, min: 0, dead, tokenClass: dead ? null : 'word', negative: null, extras: null,
    histogram: dead ? { low: 0, high: 0, counts: vector(new Float64Array(50)) } : { low: Math.log10(row.max / 400), high: Math.log10(row.max), counts: vector(counts) }, topLogits: logits(1), bottomLogits: logits(-1),
    neighbours: Array.from({ length: 10 }, (_, i) => {
      const other = random.integer(rows.length);
      return { index: (other + i) % rows.length, cosine: 0.72 - i * 0.05, label: rows[(other + i) % rows.length]!.label };
    }),
    label: null,
    groups: dead ? [] : [group('Top activations', 20, row.max * 0.86, row.max, null), ...[4, 3, 2, 1, 0].map((q) => group(`Interval ${q + 1} of 5`, 5, (row.max * q) / 5, (row.max * (q + 1)) / 5, [0.52, 0.27, 0.13, 0.06, 0.02][q]!))],
  };
}
