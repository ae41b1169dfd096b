/** A TopK dictionary trained on SYN (sae-variants.md section 0), with samples that it has not seen. */
import { join } from 'node:path';
import { Random } from '../../src/engine/random.ts';
import type { Dictionary, SparseCodes } from '../../src/engine/sae/dictionary.ts';
import { loadDictionary } from '../../src/engine/sae/load.ts';
import { synCodes, synDecode, synDirections } from '../../src/engine/sae/synthetic/syn.ts';
import type { SynCodes, SynTask } from '../../src/engine/sae/synthetic/syn.ts';
import { trainSynthetic } from '../../src/engine/train/synthetic-run.ts';
import { temporaryFolder } from './temporary.ts';
import type { Ending } from './temporary.ts';
import { quietContext } from './trained.ts';

const task: SynTask = { n0: 64, d: 32, s: 3 };

export interface TrainedOnSyn {
  readonly dictionary: Dictionary;
  /** True directions, float32 [64, 32]. */
  readonly truth: Float32Array;
  readonly samples: { readonly x: Float32Array; readonly rows: number; readonly codes: SynCodes };
  /** Codes without the quarter of the latents of the lowest mean activation. */
  kept(codes: SparseCodes): SparseCodes;
}

export async function trainedOnSyn(t: Ending, { seed = 0, steps = 1000 } = {}): Promise<TrainedOnSyn> {
  const folder = temporaryFolder(t);
  const out = join(folder, 'topk');
  await trainSynthetic({ variant: 'topk', seed, steps, out, overrides: {} }, quietContext(out));
  const dictionary = await loadDictionary(out);
  t.after(() => dictionary.dispose());
  const truth = synDirections(task, seed);
  const codes = synCodes(task, 6000, Random.from(seed, 'fresh samples'));
  return { dictionary, truth, samples: { x: synDecode(codes, truth, task.d), rows: codes.rows, codes }, kept: (given) => withoutRare(given, dictionary.dSae) };
}

function withoutRare(codes: SparseCodes, dSae: number): SparseCodes {
  const totals = new Float64Array(dSae);
  codes.values.forEach((value, i) => (totals[codes.indices[i]!]! += value));
  const active = [...totals.keys()].filter((j) => totals[j]! > 0).sort((a, b) => totals[a]! - totals[b]!);
  const dropped = new Set(active.slice(0, Math.floor(active.length / 4)));
  return { ...codes, values: codes.values.map((value, i) => (dropped.has(codes.indices[i]!) ? 0 : value)) };
}
