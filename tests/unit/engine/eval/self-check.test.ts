import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DownstreamFigures } from '../../../../src/engine/eval/downstream.ts';
import { evaluateDictionary } from '../../../../src/engine/eval/reconstruction.ts';
import { checkDictionary, checkFigures } from '../../../../src/engine/eval/self-check.ts';
import type { CheckKind, CheckResult } from '../../../../src/engine/eval/self-check.ts';
import { Random } from '../../../../src/engine/random.ts';

const rows = 50;
const x = Random.from(1).normals(rows * 4).map((v, i) => v + (i % 4));
const part = { x, rows, mask: new Uint8Array(rows).fill(1) };

const downstream = (changes: Partial<DownstreamFigures>): DownstreamFigures => ({
  tokens: 10, ce: 3, ceSpliced: 3, ceZero: 8, ceMean: 6, deltaCe: 0, lossRecovered: 1, lossRecoveredMean: 1, kl: 0, klScore: 1, klScoreMean: 1, ...changes,
});

async function results(kind: CheckKind, scale = 1, figures: DownstreamFigures | null = null): Promise<readonly CheckResult[]> {
  const { mean } = await evaluateDictionary(checkDictionary('zero', new Float32Array(4)), [part]);
  const dictionary = checkDictionary(kind, mean);
  const { masked } = await evaluateDictionary({ ...dictionary, decode: (codes, v) => dictionary.decode(codes, v).map((y) => y * scale) }, [part]);
  return checkFigures(kind, masked, figures);
}

test('identity, zero and mean give what they must', async () => {
  for (const kind of ['identity', 'zero', 'mean'] as const) {
    const all = await results(kind);
    assert.ok(all.length >= 3);
    assert.deepEqual(all.filter(({ ok }) => !ok), [], kind);
  }
});

test('an evaluation that is off by 1 % is found out', async () => {
  const wrong = (await results('identity', 1.01)).filter(({ ok }) => !ok).map(({ metric }) => metric);
  assert.deepEqual(wrong, ['fvu', 'ev', 'l2Ratio', 'gamma']);
  assert.deepEqual((await results('mean', 1.01)).filter(({ ok }) => !ok).map(({ metric }) => metric), ['fvu', 'ev']);
});

test('so is a splice that changes what it should not', async () => {
  const failing = async (kind: CheckKind, changes: Partial<DownstreamFigures>): Promise<string[]> => (await results(kind, 1, downstream(changes))).filter(({ ok }) => !ok).map(({ metric }) => metric);
  assert.deepEqual(await failing('identity', {}), []);
  assert.deepEqual(await failing('identity', { deltaCe: 0.1, lossRecovered: 0.98 }), ['deltaCe', 'lossRecovered']);
  const nothing = { ceSpliced: 8, deltaCe: 5, lossRecovered: 0, klScore: 0 };
  assert.deepEqual(await failing('zero', nothing), []);
  assert.deepEqual(await failing('zero', { ...nothing, ceSpliced: 8.1, lossRecovered: -0.02 }), ['ceSpliced', 'lossRecovered']);
  assert.deepEqual(await failing('mean', { ceSpliced: 6, lossRecoveredMean: 0, klScoreMean: 0 }), []);
});
