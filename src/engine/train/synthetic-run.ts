/** A variant tried on its synthetic task: does it find the features that are known to be there? */
import type { JobContext } from '../job.ts';
import { loadDictionary } from '../sae/load.ts';
import { variantById } from '../sae/registry.ts';
import { featureRecovery } from '../sae/synthetic/recovery.ts';
import { defaultSyn, SynSource } from '../sae/synthetic/source.ts';
import { trainConfigSchema } from './config.ts';
import { trainFrom } from './job.ts';

export interface SyntheticRun {
  readonly variant: string;
  readonly seed: number;
  /** Null: as the variant's harness says, 3,000 where it says nothing. */
  readonly steps: number | null;
  /** Folder of the dictionary. */
  readonly out: string;
  /** Fields of the config that are not the harness's own. */
  readonly overrides: Readonly<Record<string, unknown>>;
}

export interface SyntheticResult {
  readonly variant: string;
  readonly task: string;
  readonly fvu: number;
  readonly l0: number;
  /** Share of latents that never fired on 8,192 fresh samples. */
  readonly dead: number;
  /** Share of true features with a decoder row at cosine > 0.9. */
  readonly frr: number;
  readonly mmcs: number;
}

/**
 * The harness of sae-variants.md section 0: n 128, k 3, batch 512, Adam at 1e-3 with 100 steps of warm-up and decay over the last fifth; and what
 * the variant sets for itself.
 */
function harness({ variant, seed, steps, out, overrides }: SyntheticRun): Record<string, unknown> {
  const { config, synthetic } = variantById(variant);
  const own = config.shape as Readonly<Record<string, unknown>>;
  const length = steps ?? (synthetic.fields?.['steps'] as number | undefined) ?? 3000;
  return {
    variant, activations: ['synthetic'], out, seed: seed + 1, dSae: 128, batch: 512, lr: 1e-3, warmupSteps: Math.min(100, length),
    ...('k' in own ? { k: defaultSyn.s } : {}),
    ...('auxK' in own ? { auxK: defaultSyn.d / 2 } : {}),
    ...synthetic.fields,
    ...overrides,
    steps: length,
  };
}

/** Trains and measures. Data come from `seed`, initial weights from `seed + 1`. */
export async function trainSynthetic(run: SyntheticRun, context: JobContext): Promise<SyntheticResult> {
  const { synthetic: { task }, signed } = variantById(run.variant);
  const source = new SynSource(defaultSyn, run.seed, task);
  const result = await trainFrom(source, trainConfigSchema.parse(harness(run)), context);
  const dictionary = await loadDictionary(run.out);
  try {
    const { frr, mmcs } = featureRecovery(source.truth, dictionary.wDec, dictionary.dOut, 0.9, signed);
    const [fvu, l0, dead] = [result['fvu'], result['l0'], result['dead']] as [number, number, number];
    return { variant: run.variant, task, fvu, l0, dead, frr, mmcs };
  } finally {
    dictionary.dispose();
  }
}
