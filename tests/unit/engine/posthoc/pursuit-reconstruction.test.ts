import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { loadBackend } from '../../../../src/engine/backend/load.ts';
import { ReconstructionSums } from '../../../../src/engine/eval/reconstruction-sums.ts';
import { decodeCodes, pursuitReconstruction, rowCounts } from '../../../../src/engine/posthoc/pursuit-reconstruction.ts';
import { assertClose } from '../../../support/closeness.ts';
import { trainedOnSyn } from '../../../support/syn-topk.ts';

before(async () => void (await loadBackend()));

const codes = { rows: 2, width: 2, indices: Int32Array.of(0, 2, 1, 0), values: Float32Array.of(2, -1, 3, 0) };

test('codes are decoded, and their latents counted', () => {
  assertClose(decodeCodes(codes, Float32Array.of(1, 0, 0, 1, 1, 1), Float32Array.of(0.5, 0)), [1.5, -1, 0.5, 3], 1e-6);
  assert.deepEqual(rowCounts(codes), [2, 1]);
});

test('with as many latents as TopK found, pursuit reconstructs SYN at least as well (check e)', { timeout: 170_000 }, async (t) => {
  const { dictionary, samples } = await trainedOnSyn(t);
  const fvuOf = (reconstruct: (x: Float32Array, rows: number) => Float32Array): number => {
    const sums = new ReconstructionSums(dictionary.dIn);
    const y = reconstruct(samples.x, samples.rows);
    for (let at = 0; at < y.length; at += dictionary.dIn) sums.addRow(samples.x, y, at);
    return sums.result().fvu;
  };
  const [topk, pursuit] = [fvuOf((x, rows) => dictionary.reconstruct(x, rows)), fvuOf(pursuitReconstruction(dictionary))];
  t.diagnostic(`FVU of TopK ${topk.toPrecision(3)}, of pursuit ${pursuit.toPrecision(3)}`);
  // Calibrated once: 0.036 beside 0.061 at seed 0.
  assert.ok(pursuit <= 0.8 * topk, `${pursuit} beside ${topk}`);
});
