/** The trained checks of metrics.md section 6 and sae-variants.md section 9, over further seeds. */
import { pursuitReconstruction } from '../../src/engine/posthoc/pursuit-reconstruction.ts';
import { ReconstructionSums } from '../../src/engine/eval/reconstruction-sums.ts';
import { loadBackend } from '../../src/engine/backend/load.ts';
import { randomControl, shuffledControl } from '../support/negative-controls.ts';
import { noiseGrid } from '../support/noise-grid.ts';
import type { Ending } from '../support/temporary.ts';
import { trainedOnSyn } from '../support/syn-topk.ts';

/** Runs `work` with a place for what must happen at its end. */
async function ending(work: (t: Ending) => Promise<Record<string, unknown>>): Promise<Record<string, unknown>> {
  const ends: (() => void)[] = [];
  await loadBackend();
  try {
    return await work({ after: (end) => void ends.unshift(end) });
  } finally {
    for (const end of ends) end();
  }
}

function require(ok: boolean, figures: Record<string, unknown>): Record<string, unknown> {
  if (ok) return figures;
  throw new Error(JSON.stringify(figures));
}

const noise = (seed: number): Promise<Record<string, unknown>> => ending(async (t) => {
  const { own, crossed } = await noiseGrid(await trainedOnSyn(t, { seed, steps: 3000 }));
  return require(Math.min(...own) > 0.9 && Math.min(...own) > Math.max(...crossed), { own, crossed });
});

const pursuit = (seed: number): Promise<Record<string, unknown>> => ending(async (t) => {
  const { dictionary, samples: { x, rows } } = await trainedOnSyn(t, { seed, steps: 3000 });
  const fvuOf = (y: Float32Array): number => {
    const sums = new ReconstructionSums(dictionary.dIn);
    for (let at = 0; at < y.length; at += dictionary.dIn) sums.addRow(x, y, at);
    return sums.result().fvu;
  };
  const [topk, pursued] = [fvuOf(dictionary.reconstruct(x, rows)), fvuOf(pursuitReconstruction(dictionary)(x, rows))];
  return require(pursued <= topk, { topk, pursued });
});

const controls = (seed: number): Promise<Record<string, unknown>> => ending(async (t) => {
  const { frr: shuffled } = await shuffledControl(t, seed, 3000);
  const random = randomControl(seed);
  return require(shuffled <= 0.02 && random.frr <= 0.05, { shuffled, random });
});

export const cases = [1, 2, 3, 4].flatMap((seed) => [
  { name: `linear and nonlinear error, seed ${seed}`, run: () => noise(seed) },
  { name: `gradient pursuit, seed ${seed}`, run: () => pursuit(seed) },
  { name: `negative controls, seed ${seed}`, run: () => controls(seed) },
]);
