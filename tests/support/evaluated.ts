/** A tiny Llama, a corpus, a store of two hooks and dictionaries that fit: what an evaluation needs. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeSaeLens } from '../../src/engine/formats/sae-lens.ts';
import { harvestConfigSchema, runHarvest } from '../../src/engine/harvest/job.ts';
import { Random } from '../../src/engine/random.ts';
import { unitRows } from '../../src/engine/sae/parts.ts';
import type { DictionaryWeights } from '../../src/engine/sae/weights.ts';
import { temporaryFolder } from './temporary.ts';
import type { Ending } from './temporary.ts';
import { writeTinyLlama } from './tiny-llama.ts';
import { quietContext } from './trained.ts';

export interface EvaluatedSetting {
  readonly folder: string;
  readonly model: string;
  readonly corpus: string;
  readonly store: string;
  /** ReLU over `hook`, 40 latents. */
  readonly dictionary: string;
  /** From `hook` to `target`. */
  readonly transcoder: string;
}

export const hook = 'blocks.0.hook_resid_post';
export const target = 'blocks.1.hook_mlp_out';
const [d, n] = [16, 40];

function weights(centresInput: boolean, seed: number): DictionaryWeights {
  const random = Random.from(seed);
  return {
    dIn: d, dOut: d, dSae: n, form: { kind: 'relu' }, centresInput, inputNorm: 'none', wSkip: null,
    wEnc: random.normals(n * d, 0.2), wDec: unitRows(random.normals(n * d), n, d), bEnc: random.normals(n, 0.1), bDec: random.normals(d, 0.3),
  };
}

/** Harvests 40 contexts of 32 tokens. A backend must be loaded. */
export async function evaluatedSetting(t: Ending): Promise<EvaluatedSetting> {
  const folder = temporaryFolder(t);
  const at = (name: string): string => join(folder, name);
  writeTinyLlama(at('model'));
  writeFileSync(at('corpus.txt'), Array.from({ length: 60 }, (_, i) => `Paragraph ${i} is about the number ${i * i}.`).join('\n\n'));
  const config = harvestConfigSchema.parse({ model: at('model'), corpus: at('corpus.txt'), out: at('store'), hooks: [hook, target], tokens: 1280, contextLength: 32, batch: 4, dtype: 'float32' });
  await runHarvest(config, quietContext(folder));
  const metadata = { modelName: 'tiny', hookPoint: hook, contextLength: 32, prependBos: true };
  writeSaeLens(at('dictionary'), weights(true, 1), metadata);
  writeSaeLens(at('transcoder'), weights(false, 2), { ...metadata, targetHook: target });
  return { folder, model: at('model'), corpus: at('corpus.txt'), store: at('store'), dictionary: at('dictionary'), transcoder: at('transcoder') };
}
