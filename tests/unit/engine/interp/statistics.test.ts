/** Every figure and every example of the statistics pass against a brute-force recomputation from dense activations. */
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { readChunk, readContexts, readManifest, readVocabulary } from '../../../../src/engine/interp/build-files.ts';
import type { FeatureChunk } from '../../../../src/engine/interp/build-files.ts';
import { computeStatistics } from '../../../../src/engine/interp/statistics.ts';
import type { StatisticsParts } from '../../../../src/engine/interp/statistics.ts';
import { Random } from '../../../../src/engine/random.ts';
import { LoupeError } from '../../../../src/shared/errors.ts';
import { fakeParts, hook, options } from '../../../support/fake-statistics.ts';

const sizes = { contexts: 40, contextLength: 96, dIn: 8, dSae: 24, k: 3, vocab: 50 };
const never = [5];
const quiet = { signal: new AbortController().signal, progress: () => {}, log: () => {} };

let folder: string;
let parts: StatisticsParts;
let chunk: FeatureChunk;
/** float32 [rows, dSae], masked rows 0 */
let dense: Float32Array;
let documents: Int32Array;
let tokens = 0;

function densify(): void {
  const { store, dictionary } = parts;
  const rows = sizes.contexts * sizes.contextLength;
  dense = new Float32Array(rows * sizes.dSae);
  documents = store.documents(0, sizes.contexts);
  const mask = store.mask(0, sizes.contexts);
  const codes = dictionary.encode(store.activations(hook, 0, sizes.contexts), rows);
  for (let row = 0; row < rows; row++) {
    tokens += mask[row]!;
    for (let slot = row * sizes.k; slot < (row + 1) * sizes.k; slot++) if (mask[row] === 1 && codes.values[slot]! > 0) dense[row * sizes.dSae + codes.indices[slot]!] = codes.values[slot]!;
  }
}

/** [row, value] of every firing of a feature, in row order. */
function firingsOf(feature: number): [row: number, value: number][] {
  const found: [number, number][] = [];
  for (let row = 0; row < dense.length / sizes.dSae; row++) if (dense[row * sizes.dSae + feature]! > 0) found.push([row, dense[row * sizes.dSae + feature]!]);
  return found;
}

interface Read {
  group: number;
  rank: number;
  row: number;
  value: number;
  start: number;
  context: number;
  activations: Float32Array;
}

function examplesOf(feature: number): Read[] {
  const { examples: e } = chunk;
  const width = e.activations.length / e.group.length;
  const out: Read[] = [];
  for (let i = e.offsets[feature]!; i < e.offsets[feature + 1]!; i++) {
    out.push({
      group: e.group[i]!, rank: e.rank[i]!, row: e.context[i]! * sizes.contextLength + e.peak[i]!, value: e.value[i]!, start: e.start[i]!, context: e.context[i]!,
      activations: e.activations.subarray(i * width, i * width + e.length[i]!),
    });
  }
  return out;
}

before(async () => {
  await tf.setBackend('cpu');
  folder = mkdtempSync(join(tmpdir(), 'loupe-statistics-'));
  parts = fakeParts(sizes, tf.tensor2d(Random.from(1, 'unembedding').normals(sizes.dIn * sizes.vocab), [sizes.dIn, sizes.vocab]), tf.tensor1d(Random.from(2, 'norm').normals(sizes.dIn)), never);
  await computeStatistics(parts, options, folder, quiet);
  chunk = readChunk(folder, 0);
  densify();
});

after(() => rmSync(folder, { recursive: true, force: true }));

const each = (check: (feature: number) => void): void => Array.from({ length: sizes.dSae }, (_, feature) => feature).forEach(check);

describe('figures, recomputed by brute force', () => {
  test('tokens, firings, maximum and mean', () => {
    assert.equal(readManifest(folder).source.tokens, tokens);
    each((feature) => {
      const values = firingsOf(feature).map(([, value]) => value);
      assert.equal(chunk.firings[feature], values.length);
      assert.equal(chunk.max[feature], Math.max(0, ...values));
      assert.equal(chunk.mean[feature], Math.fround(values.length === 0 ? 0 : values.reduce((a, b) => a + b, 0) / values.length));
    });
  });

  test('a feature that never fires is all zeros, has no examples, and is counted as dead', () => {
    assert.equal(chunk.firings[5], 0);
    assert.deepEqual(examplesOf(5), []);
    assert.equal(readManifest(folder).source.dead, 1);
  });

  test('the histogram counts every firing in 50 bins equal in log10', () => {
    each((feature) => {
      const logs = firingsOf(feature).map(([, value]) => Math.log10(value));
      const [low, high] = [Math.min(...logs), Math.max(...logs)];
      const expected = new Array<number>(50).fill(0);
      for (const log of logs) expected[Math.min(49, Math.floor(((log - low) / (high - low)) * 50))]!++;
      const got = [...chunk.histogram.subarray(feature * 50, feature * 50 + 50)];
      assert.equal(got.reduce((a, b) => a + b, 0), logs.length);
      // (log - low) / (high - low) * 50 and (log - low) * (50 / (high - low)) may round an edge differently: one neighbour at most.
      assert.ok(got.reduce((sum, n, i) => sum + Math.abs(n - expected[i]!), 0) <= 2, `feature ${feature}: ${got} and ${expected}`);
    });
  });

  test('firings by fifth of (0, max], the highest first', () => {
    each((feature) => {
      const values = firingsOf(feature).map(([, value]) => value);
      const max = Math.max(...values);
      const expected = [4, 3, 2, 1, 0].map((i) => values.filter((v) => v / max * 5 > i && v / max * 5 <= i + 1).length);
      assert.deepEqual([...chunk.bins.subarray(feature * 5, feature * 5 + 5)], values.length === 0 ? [0, 0, 0, 0, 0] : expected);
    });
  });
});

describe('examples, recomputed by brute force', () => {
  test('the top 20 are the strongest firings of the 20 strongest documents, ties to the earlier row', () => {
    each((feature) => {
      const seen = new Set<number>();
      const expected = firingsOf(feature).sort((a, b) => b[1] - a[1] || a[0] - b[0]).filter(([row]) => !seen.has(documents[row]!) && seen.add(documents[row]!)).slice(0, 20);
      assert.deepEqual(examplesOf(feature).filter((e) => e.group === 0).map((e) => [e.row, e.value]), expected);
    });
  });

  test('each fifth gives min(5, its documents) firings of its own, one a document', () => {
    each((feature) => {
      const firings = firingsOf(feature);
      const max = Math.max(...firings.map(([, value]) => value));
      for (let group = 1; group <= 5; group++) {
        const inside = firings.filter(([, v]) => v / max * 5 > 5 - group && v / max * 5 <= 6 - group);
        const got = examplesOf(feature).filter((e) => e.group === group);
        assert.equal(got.length, Math.min(5, new Set(inside.map(([row]) => documents[row])).size));
        assert.equal(new Set(got.map((e) => documents[e.row])).size, got.length);
        for (const e of got) assert.ok(inside.some(([row, value]) => row === e.row && value === e.value));
      }
    });
  });

  test('a window is 64 tokens of the context around the peak, with the feature\'s activations in it', () => {
    each((feature) => {
      for (const e of examplesOf(feature)) {
        const peak = e.row - e.context * sizes.contextLength;
        assert.equal(e.activations.length, 64);
        assert.equal(e.start, Math.min(Math.max(0, peak - 32), 96 - 64));
        const first = e.context * sizes.contextLength + e.start;
        assert.deepEqual([...e.activations], Array.from({ length: 64 }, (_, i) => dense[(first + i) * sizes.dSae + feature]!));
      }
    });
  });

  test('the contexts kept are exactly those that examples refer to, with their tokens and documents', () => {
    const used = new Set<number>();
    each((feature) => examplesOf(feature).forEach((e) => used.add(e.context)));
    const { contexts } = readManifest(folder);
    const kept = readContexts(folder, 0, contexts, sizes.contextLength);
    assert.deepEqual([...kept.numbers], [...used].sort((a, b) => a - b));
    const second = kept.numbers[1]!;
    assert.deepEqual(kept.tokens.subarray(96, 192), parts.store.tokens(second, 1));
    assert.deepEqual(kept.documents.subarray(96, 192), parts.store.documents(second, 1));
  });
});

describe('what the weights say, recomputed by brute force', () => {
  test('the ten tokens raised most and lowered most, relative to the mean over the vocabulary', () => {
    const w = parts.unembedding.weight.arraySync() as number[][];
    const norm = parts.unembedding.finalNormWeight!.arraySync() as number[];
    each((feature) => {
      const row = [...parts.dictionary.wDec.subarray(feature * 8, feature * 8 + 8)];
      const logits = Array.from({ length: sizes.vocab }, (_, token) => row.reduce((sum, x, i) => sum + x * norm[i]! * w[i]![token]!, 0));
      const mean = logits.reduce((a, b) => a + b, 0) / logits.length;
      const order = [...logits.keys()].sort((a, b) => logits[b]! - logits[a]!);
      const expected = [...order.slice(0, 10), ...order.slice(-10).reverse()];
      assert.deepEqual([...chunk.logitIds.subarray(feature * 20, feature * 20 + 20)], expected);
      expected.forEach((token, i) => assert.ok(Math.abs(chunk.logitValues[feature * 20 + i]! - (logits[token]! - mean)) < 1e-5));
    });
  });

  test('the ten nearest features by the cosine of their decoder rows', () => {
    const rows = Array.from({ length: sizes.dSae }, (_, i) => [...parts.dictionary.wDec.subarray(i * 8, i * 8 + 8)]);
    const dot = (a: number[], b: number[]): number => a.reduce((sum, x, i) => sum + x * b[i]!, 0);
    each((feature) => {
      const cosines = rows.map((row) => dot(row, rows[feature]!) / Math.sqrt(dot(row, row) * dot(rows[feature]!, rows[feature]!)));
      const expected = [...cosines.keys()].filter((i) => i !== feature).sort((a, b) => cosines[b]! - cosines[a]!).slice(0, 10);
      assert.deepEqual([...chunk.neighbourIds.subarray(feature * 10, feature * 10 + 10)], expected);
      expected.forEach((other, i) => assert.ok(Math.abs(chunk.neighbourCosines[feature * 10 + i]! - cosines[other]!) < 1e-5));
    });
  });

  test('the vocabulary has a text for every id and marks the special ones', () => {
    const { texts, special } = readVocabulary(folder);
    assert.equal(texts.length, sizes.vocab);
    assert.deepEqual([texts[0], texts[7], special], ['<|end|>', ' w7', [0]]);
  });
});

describe('what features go with, recomputed by brute force', () => {
  const rows = sizes.contexts * sizes.contextLength;
  let counted: number[];
  let x: Float32Array;
  before(() => {
    const mask = parts.store.mask(0, sizes.contexts);
    counted = Array.from({ length: rows }, (_, row) => row).filter((row) => mask[row] === 1);
    x = parts.store.activations(hook, 0, sizes.contexts);
  });
  const column = (feature: number): number[] => counted.map((row) => dense[row * sizes.dSae + feature]!);
  const list = (ids: Int32Array, feature: number): number[] => [...ids.subarray(feature * 10, feature * 10 + 10)].filter((id) => id >= 0);

  function correlation(a: number[], b: number[]): number {
    const mean = (of: number[]): number => of.reduce((sum, value) => sum + value, 0) / of.length;
    const [ma, mb] = [mean(a), mean(b)];
    const sum = (f: (i: number) => number): number => a.reduce((total, _, i) => total + f(i), 0);
    const both = sum((i) => (a[i]! - ma) ** 2) * sum((i) => (b[i]! - mb) ** 2);
    return both === 0 ? 0 : sum((i) => (a[i]! - ma) * (b[i]! - mb)) / Math.sqrt(both);
  }

  /** The order is that of the values to float32: of two that are as good as equal, either may come first. */
  function sameList(ids: number[], values: number[], expected: [id: number, value: number][], name: string): void {
    const order = expected.filter(([, value]) => value > 0).sort((a, b) => b[1] - a[1]);
    assert.equal(ids.length, Math.min(10, order.length), name);
    ids.forEach((id, i) => {
      assert.ok(Math.abs(values[i]! - order[i]![1]) < 1e-5, `${name}: place ${i}`);
      assert.ok(Math.abs(expected.find(([other]) => other === id)![1] - values[i]!) < 1e-5, `${name}: ${id}`);
    });
  }

  test('features by correlation over the counted tokens', () => {
    each((feature) => {
      const together = [...Array(sizes.dSae).keys()].filter((other) => other !== feature && column(feature).some((value, i) => value !== 0 && column(other)[i] !== 0));
      const ids = list(chunk.extras.correlatedIds, feature);
      sameList(ids, ids.map((_, i) => chunk.extras.correlatedValues[feature * 10 + i]!), together.map((other) => [other, correlation(column(feature), column(other))]), `feature ${feature}`);
    });
  });

  test('features by common tokens', () => {
    each((feature) => {
      const expected = [...Array(sizes.dSae).keys()].filter((other) => other !== feature).map((other): [number, number] => {
        const both = column(feature).filter((value, i) => value !== 0 && column(other)[i] !== 0).length;
        return [other, both === 0 ? 0 : both / (firingsOf(feature).length + firingsOf(other).length - both)];
      });
      const ids = list(chunk.extras.cooccurringIds, feature);
      const counts = ids.map((_, i) => chunk.extras.cooccurringCounts[feature * 10 + i]!);
      sameList(ids, ids.map((other, i) => counts[i]! / (firingsOf(feature).length + firingsOf(other).length - counts[i]!)), expected, `feature ${feature}`);
    });
  });

  test('dimensions of the activation by correlation', () => {
    const dimension = (j: number): number[] => counted.map((row) => x[row * sizes.dIn + j]!);
    each((feature) => {
      const expected = Array.from({ length: sizes.dIn }, (_, j): [number, number] => [j, correlation(column(feature), dimension(j))]);
      const ids = list(chunk.extras.neuronIds, feature);
      sameList(ids, ids.map((_, i) => chunk.extras.neuronValues[feature * 10 + i]!), expected, `feature ${feature}`);
    });
  });

  test('what most of the strongest examples peak on', () => {
    each((feature) => {
      const peaks = examplesOf(feature).filter((e) => e.group === 0).map((e) => parts.tokenizer.display(parts.store.tokens(e.context, 1)[e.row - e.context * sizes.contextLength]!));
      // Every token of the fake tokenizer but the masked end token is " w" with a number: other.
      assert.ok(peaks.every((text) => /^ w/.test(text)));
      assert.equal(chunk.extras.tokenClass[feature], peaks.length === 0 ? 0 : 8);
    });
  });
});

describe('resuming', () => {
  /** File contents by name. */
  const contents = (path: string): Map<string, string> => new Map(readdirSync(path).sort().map((name) => [name, readFileSync(join(path, name), 'base64')]));

  test('stopped at every step and run again, a pass ends with the same bytes', async () => {
    const again = mkdtempSync(join(tmpdir(), 'loupe-statistics-again-'));
    try {
      let stops = 0;
      for (let done = false; !done; stops++) {
        const stop = new AbortController();
        await computeStatistics(parts, options, again, { ...quiet, signal: stop.signal, progress: () => stop.abort() }).then(() => { done = true; }, (error: unknown) => {
          assert.ok(error instanceof LoupeError && error.kind === 'cancelled', String(error));
        });
      }
      assert.ok(stops >= 1);
      assert.deepEqual(contents(again), contents(folder));
    } finally {
      rmSync(again, { recursive: true, force: true });
    }
  });

  test('another config in the same folder starts over', async () => {
    const other = mkdtempSync(join(tmpdir(), 'loupe-statistics-other-'));
    try {
      const first = await computeStatistics(parts, { ...options, seed: 1 }, other, quiet);
      const second = await computeStatistics(parts, options, other, quiet);
      assert.notEqual(first.key, second.key);
      assert.deepEqual(contents(other), contents(folder));
    } finally {
      rmSync(other, { recursive: true, force: true });
    }
  });
});

describe('what does not belong together', () => {
  const refused = async (changed: Partial<StatisticsParts>, kind: string, words: RegExp): Promise<void> => {
    await assert.rejects(computeStatistics({ ...parts, ...changed }, options, folder, quiet), (error: unknown) => error instanceof LoupeError && error.kind === kind && words.test(error.message));
  };

  test('a hook that the store lacks is a mismatch that names those it has', () => refused({ hook: 'blocks.0.hook_mlp_out' }, 'mismatch', /blocks\.1\.hook_resid_post/));
  test('another model is a mismatch that names both', () => refused({ identity: { ...parts.identity, name: 'other', hash: 'x' } }, 'mismatch', /other/));
  test('a dictionary of another width is a mismatch with both widths', () => refused({ dictionary: { ...parts.dictionary, dIn: 4 } }, 'mismatch', /4 .* 8/));

  test('a code that is not finite names the feature and the row', async () => {
    const elsewhere = mkdtempSync(join(tmpdir(), 'loupe-statistics-nan-'));
    const broken = { ...parts.dictionary, encode: (x: Float32Array, rows: number) => {
      const codes = parts.dictionary.encode(x, rows);
      codes.values[3 * 5] = NaN;
      return codes;
    } };
    try {
      await assert.rejects(computeStatistics({ ...parts, dictionary: broken }, options, elsewhere, quiet), (error: unknown) => error instanceof LoupeError && error.kind === 'not-finite' && /row 5/.test(error.message));
    } finally {
      rmSync(elsewhere, { recursive: true, force: true });
    }
  });

  test('a dictionary off the residual stream has no logit effects, and everything else', async () => {
    const elsewhere = mkdtempSync(join(tmpdir(), 'loupe-statistics-width-'));
    try {
      await computeStatistics({ ...parts, unembedding: { ...parts.unembedding, weight: tf.zeros([12, 50]) } }, options, elsewhere, quiet);
      const other = readChunk(elsewhere, 0);
      assert.equal(other.logitIds.length, 0);
      assert.deepEqual(other.firings, chunk.firings);
    } finally {
      rmSync(elsewhere, { recursive: true, force: true });
    }
  });
});
