import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import { loadBackend } from '../../../../src/engine/backend/load.ts';
import type { WeightSource } from '../../../../src/engine/lm/definition.ts';
import { Loader, refuseNotFinite } from '../../../../src/engine/lm/weights.ts';

before(() => loadBackend());

function source(tensors: Record<string, { shape: number[]; values: number[] }>): WeightSource {
  return {
    format: 'hugging-face', path: 'folder', shapes: new Map(Object.entries(tensors).map(([name, { shape }]) => [name, shape])),
    read: (name, out) => out.set(tensors[name]!.values), dtype: () => 'F32', bytes: () => [], close: () => undefined,
  };
}

test('maps of one input are put side by side, with the biases that are there', () => {
  const loader = new Loader(source({ q: { shape: [2, 2], values: [1, 2, 3, 4] }, k: { shape: [1, 2], values: [5, 6] }, 'k.bias': { shape: [1], values: [9] } }));
  const { weight, bias } = loader.linear(2, 'out-in', [{ weight: 'q', bias: 'q.bias', outputs: 2 }, { weight: 'k', bias: 'k.bias', outputs: 1 }]);
  assert.deepEqual([[...weight.dataSync()], weight.shape, [...bias!.dataSync()]], [[1, 2, 3, 4, 5, 6], [3, 2], [0, 0, 9]]);
});

test('rows are reordered in their own part alone', () => {
  const loader = new Loader(source({ q: { shape: [2, 1], values: [1, 2] }, k: { shape: [2, 1], values: [3, 4] } }));
  const { weight } = loader.linear(1, 'out-in', [{ weight: 'q', bias: null, outputs: 2 }, { weight: 'k', bias: null, outputs: 2, rows: (values) => void values.reverse() }]);
  assert.deepEqual([...weight.dataSync()], [1, 2, 4, 3]);
});

test('a tensor that was made does not change when the next one is', () => {
  const loader = new Loader(source({ a: { shape: [64, 64], values: new Array(4096).fill(1) }, b: { shape: [64, 64], values: new Array(4096).fill(2) } }));
  const first = loader.matrix('a', [64, 64]);
  const second = loader.matrix('b', [64, 64]);
  assert.ok(first.dataSync().every((x) => x === 1));
  assert.ok(second.dataSync().every((x) => x === 2));
  tf.dispose([...loader.made]);
});

test('a missing tensor, another shape, and NaN are refused by the tensor\'s name', () => {
  const loader = new Loader(source({ 'ln.weight': { shape: [2], values: [1, NaN] }, w: { shape: [2, 3], values: [1, 2, 3, 4, 5, Infinity] } }));
  assert.throws(() => loader.norm('ln.weigth', null, 2), { kind: 'bad-file', message: /ln\.weigth; the nearest is ln\.weight/u });
  assert.throws(() => loader.matrix('w', [3, 2]), { kind: 'mismatch', message: /\[2, 3\].*\[3, 2\]/u });
  assert.throws(() => loader.norm('ln.weight', null, 2), { kind: 'not-finite', message: /ln\.weight\[1\] is NaN/u });
  assert.throws(() => loader.matrix('w', [2, 3]), { kind: 'not-finite', message: /w\[5\] is Infinity/u });
  assert.throws(() => refuseNotFinite(new Float32Array([0, -Infinity]), 'x', 'f'), { kind: 'not-finite' });
});

test('what a family adds to a norm\'s weight is added to that tensor alone', () => {
  const loader = new Loader(source({ 'ln.weight': { shape: [2], values: [0.5, -0.25] }, 'ln.bias': { shape: [2], values: [3, 4] } }));
  const { weight, bias } = loader.norm('ln.weight', 'ln.bias', 2, 1);
  assert.deepEqual([[...weight.dataSync()], [...bias!.dataSync()]], [[1.5, 0.75], [3, 4]]);
  assert.deepEqual([...loader.norm('ln.weight', null, 2).weight.dataSync()], [0.5, -0.25]);
});
