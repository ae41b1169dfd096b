import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { loadBackend } from '../../../../../src/engine/backend/load.ts';
import { ExpertSet } from '../../../../../src/engine/lm/experts/expert-set.ts';
import { ExpertsOff } from '../../../../../src/engine/lm/experts/experts-off.ts';
import { measurePurge, randomExperts } from '../../../../../src/engine/lm/experts/purge.ts';
import { loadModel } from '../../../../../src/engine/lm/load.ts';
import { corpusLoss } from '../../../../../src/engine/lm/training/evaluate.ts';
import { tinyShape, writeTinyModel } from '../../../../support/own-models.ts';
import { temporaryFolder } from '../../../../support/temporary.ts';

before(() => loadBackend());
const { signal } = new AbortController();

test('as many experts at random, by layer, among those that are used, the same for a seed', () => {
  const used = [ExpertSet.of(16, [1, 3, 5, 7, 9, 11]), ExpertSet.of(16, [0, 2])];
  const off = new ExpertsOff(new Map([[0, ExpertSet.of(16, [1, 2, 3])], [1, ExpertSet.of(16, [4, 5, 6])]]));
  const random = randomExperts(off, used, 1);
  assert.equal(random.layers.get(0)!.size, 3);
  assert.ok([...random.layers.get(0)!].every((expert) => used[0]!.has(expert)));
  assert.deepEqual([...random.layers.get(1)!], [0, 2], 'no more are used');
  const drawn = (seed: number): number[][] => [...randomExperts(off, used, seed).layers.values()].map((set) => [...set]);
  assert.deepEqual(drawn(1), [...random.layers.values()].map((set) => [...set]));
  assert.ok([2, 3, 4].some((seed) => drawn(seed)[0]!.join() !== drawn(1)[0]!.join()));
});

test('losses are those of an evaluation with the experts off, and the ratio is target over others', async (t) => {
  const folder = temporaryFolder(t);
  writeTinyModel(folder, tinyShape('moe-x', { experts: 4, k: 2, width: 8 }));
  const model = await loadModel(folder);
  const domains = ['a', 'b', 'c'].map((name, i) => ({ name, tokens: Int32Array.from({ length: 60 }, (_, n) => 97 + ((n * (i + 2)) % 5) + 5 * i) }));
  const off = new ExpertsOff(new Map([[0, ExpertSet.of(4, [1])], [1, ExpertSet.of(4, [0, 3])]]));
  const steps: number[] = [];
  const all = [new ExpertSet(4, Uint8Array.of(15)), new ExpertSet(4, Uint8Array.of(15))];
  const result = await measurePurge(model, domains, off, { target: 'b', seed: 0, used: all, signal, progress: (done, total) => steps.push(done / total) });
  assert.deepEqual([result.purged, result.byLayer, result.randomPurged, result.experts], [3, [1, 2], 3, 4]);
  for (const [i, loss] of result.losses.entries()) {
    const mean = async (without?: ExpertsOff): Promise<number> => { const { sum, count } = await corpusLoss(model, domains[i]!.tokens, signal, without); return sum / count; };
    assert.equal(loss.before, await mean());
    assert.equal(loss.after, await mean(off));
    assert.equal(loss.change, loss.after - loss.before);
    assert.equal(loss.random, await mean(randomExperts(off, all, 0)));
  }
  const [a, b, c] = result.losses.map(({ change }) => change) as [number, number, number];
  if (a + c > 0) assert.ok(Math.abs(result.ratio! - b / ((a + c) / 2)) < 1e-9);
  else assert.equal(result.ratio, null);
  const beside = await measurePurge(model, domains, off, { target: 'b', against: ['c'], seed: 0, used: all, signal });
  assert.equal(beside.ratio, c > 0 ? b / c : null);
  assert.equal((await measurePurge(model, domains, off, { target: null, seed: 0, used: all, signal })).ratio, null);
  assert.equal(steps.at(-1), 1);
  await assert.rejects(measurePurge(model, domains, off, { target: 'd', seed: 0, used: all, signal }), { kind: 'bad-request', message: /"d" is none of the domains a, b, c/u });
  model.dispose();
});
