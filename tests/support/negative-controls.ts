/** What must not count as recovery: a dictionary of data without features, and random directions with a good encoder (metrics.md section 6). */
import { join } from 'node:path';
import { ReconstructionSums } from '../../src/engine/eval/reconstruction-sums.ts';
import { decodeCodes } from '../../src/engine/posthoc/pursuit-reconstruction.ts';
import { gradientPursuit } from '../../src/engine/posthoc/gradient-pursuit.ts';
import { maximalCosines } from '../../src/engine/posthoc/similarity.ts';
import { Random } from '../../src/engine/random.ts';
import { loadDictionary } from '../../src/engine/sae/load.ts';
import { unitRows } from '../../src/engine/sae/parts.ts';
import { SynSource, defaultSyn } from '../../src/engine/sae/synthetic/source.ts';
import { synDirections, synSamples } from '../../src/engine/sae/synthetic/syn.ts';
import { trainConfigSchema } from '../../src/engine/train/config.ts';
import { trainFrom } from '../../src/engine/train/job.ts';
import type { ActivationBatch, HeldOutRows } from '../../src/engine/train/source.ts';
import { temporaryFolder } from './temporary.ts';
import type { Ending } from './temporary.ts';
import { quietContext } from './trained.ts';

/** Each dimension of x [rows, d] in an order of its own: the same marginals, no features. */
export function shuffleDimensions(x: Float32Array, rows: number, random: Random): Float32Array {
  const d = x.length / rows;
  const out = x.slice();
  for (let i = 0; i < d; i++) {
    for (let row = rows - 1; row > 0; row--) {
      const other = random.integer(row + 1);
      [out[row * d + i], out[other * d + i]] = [out[other * d + i]!, out[row * d + i]!];
    }
  }
  return out;
}

class ShuffledSyn extends SynSource {
  readonly #random: Random;

  constructor(seed: number) {
    super(defaultSyn, seed);
    this.#random = Random.from(seed, 'shuffle');
  }

  override async sample(rows: number): Promise<Float32Array> {
    const x = await super.sample(rows);
    return shuffleDimensions(x, x.length / this.dIn, this.#random);
  }

  override async next(rows: number): Promise<ActivationBatch> {
    const batch = await super.next(rows);
    return { ...batch, x: shuffleDimensions(batch.x, rows, this.#random) };
  }

  override async *heldOut(): AsyncIterable<HeldOutRows> {
    for await (const part of super.heldOut()) yield { ...part, x: shuffleDimensions(part.x, part.rows, this.#random) };
  }
}

/** Share of the true features of SYN with a row of float32 [n, 32] at cosine above 0.9. */
function recovered(seed: number, wDec: Float32Array): number {
  const truth = synDirections(defaultSyn, seed);
  const { best } = maximalCosines({ values: truth, n: defaultSyn.n0 }, { values: wDec, n: wDec.length / defaultSyn.d });
  return best.reduce((n, cosine) => n + Number(cosine > 0.9), 0) / defaultSyn.n0;
}

/** TopK trained on SYN with every dimension shuffled. */
export async function shuffledControl(t: Ending, seed: number, steps: number): Promise<{ readonly frr: number }> {
  const folder = temporaryFolder(t);
  const out = join(folder, 'dictionary');
  const config = trainConfigSchema.parse({ variant: 'topk', activations: ['synthetic'], out, seed, dSae: 128, k: 3, auxK: 16, batch: 512, lr: 1e-3, steps, warmupSteps: 100 });
  await trainFrom(new ShuffledSyn(seed), config, quietContext(out));
  const dictionary = await loadDictionary(out);
  const frr = recovered(seed, dictionary.wDec);
  dictionary.dispose();
  return { frr };
}

/** 2,048 random unit rows with gradient pursuit as the encoder, 12 latents a row. */
export function randomControl(seed: number): { readonly frr: number; readonly fvu: number } {
  const [n, rows, { d }] = [2048, 2000, defaultSyn];
  const wDec = unitRows(Random.from(seed, 'random decoder').normals(n * d), n, d);
  const x = synSamples(defaultSyn, synDirections(defaultSyn, seed), rows, Random.from(seed, 'samples'));
  const y = decodeCodes(gradientPursuit(x, rows, wDec, n, new Array<number>(rows).fill(12)), wDec, new Float32Array(d));
  const sums = new ReconstructionSums(d);
  for (let at = 0; at < x.length; at += d) sums.addRow(x, y, at);
  return { frr: recovered(seed, wDec), fvu: sums.result().fvu };
}
