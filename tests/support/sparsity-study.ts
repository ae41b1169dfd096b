/** A study of two layers with round figures, for tests of what shows it. */
import type { LayerSparsity, Score, SparsityStudy } from '../../src/shared/schema/sparsity.ts';

export function score(loss: number): Score {
  return { tokens: 100, loss, accuracy: 0.5, confidence: 0.6, ece: 0.1 };
}

export function layerOf(layer: number, changes: Partial<LayerSparsity> = {}): LayerSparsity {
  return {
    layer, units: 100, threshold: 0, share: 0.1 + layer / 10, shareOfLive: 0.2, nearMaximum: 0.1, l0: { mean: 10, least: 0, p5: 2, p25: 5, p50: 10, p75: 15, p95: 20, most: 30 },
    never: { count: 2, first: [3, 9] }, always: { count: 0, first: [] },
    density: { edges: [0.01, 0.1, 1], counts: [30, 68] }, perToken: { edges: [2, 11, 20], counts: [60, 40] }, ...changes,
  };
}

export function study(changes: Partial<SparsityStudy> = {}): SparsityStudy {
  return {
    format: 'loupe-sparsity', version: 1, model: { path: '/models/a', name: 'a', family: 'gpt2', arch: null, hash: 'h', layers: 2, dModel: 8, parameters: 1000, unitNames: { pattern: 'neuron {n}', width: null } },
    data: 'text', untrained: false, length: 16, seed: 0, backend: 'cpu', exact: true, epsilon: 0.01, full: score(2), reliability: [{ keep: null, bins: [{ count: 0, confidence: 0, accuracy: 0 }, { count: 100, confidence: 0.6, accuracy: 0.5 }] }, { keep: 10, bins: [{ count: 100, confidence: 0.2, accuracy: 0.3 }] }], layers: [layerOf(0), layerOf(1)],
    topk: {
      reference: score(2),
      points: [{ k: 0, all: score(5), layers: [score(3), score(4)] }, { k: 10, all: score(2.5), layers: [score(2.1), score(2.2)] }, { k: 100, all: score(2), layers: [score(2), score(2)] }],
    },
    noise: {
      keep: [null, 10],
      embedding: [{ level: 0, scores: [score(2), score(2.5)] }, { level: 0.4, scores: [score(3), score(3.5)] }],
      substitution: [{ level: 0, scores: [score(2), score(2.5)] }],
    },
    notes: ['A unit fires where it is not exactly 0.'], ...changes,
  };
}
