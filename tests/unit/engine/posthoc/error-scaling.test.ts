import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { loadBackend } from '../../../../src/engine/backend/load.ts';
import { fitErrors } from '../../../../src/engine/posthoc/dark-matter.ts';
import { errorScaling } from '../../../../src/engine/posthoc/error-scaling.ts';
import type { PairedRows } from '../../../../src/engine/posthoc/error-scaling.ts';
import { Random } from '../../../../src/engine/random.ts';
import { assertClose } from '../../../support/closeness.ts';

before(async () => void (await loadBackend()));

const [rows, d] = [8000, 6];
const x = Random.from(1).normals(rows * d);
/** A different size of error for each row. */
const sizes = Random.from(2).normals(rows).map((v) => 0.2 + Math.abs(v));
const noise = Random.from(3).normals(rows * d);

/** The small dictionary loses 0.3 x and makes an error of its own; the large one has only `share` of the latter. */
function parts(share: number): () => readonly PairedRows[] {
  const own = noise.map((v, i) => v * sizes[Math.floor(i / d)]!);
  const reconstruction = x.map((v, i) => 0.7 * v - own[i]!);
  return () => [{ x, target: x, rows, reconstruction, large: x.map((v, i) => v - share * own[i]!) }];
}

test('where the large dictionary keeps the nonlinear error of the small one, that predicts its error', async () => {
  const { map } = await fitErrors(parts(0.5)(), false);
  const { tokens, fromError, fromBoth, removed } = await errorScaling(parts(0.5), map, 0);
  assert.ok(Math.abs(tokens - rows / 2) < 300);
  // |E_large| is half of |N_small|, up to the error of the fit
  assert.ok(fromBoth > 0.98 && fromError < fromBoth && removed > 0.8, `${fromError}, ${fromBoth}, ${removed}`);
  assertClose([removed], [(fromBoth - fromError) / (1 - fromError)], 1e-9);
});

test('errors that have nothing to do with each other predict nothing', async () => {
  const { map } = await fitErrors(parts(0.5)(), false);
  const unrelated = (): readonly PairedRows[] => parts(0.5)().map((part) => ({ ...part, large: x.map((v, i) => v - Random.from(Math.floor(i / d)).normal()) }));
  assert.ok(Math.abs((await errorScaling(unrelated, map, 0)).fromBoth) < 0.02);
});
