/**
 * The standard variants on the synthetic task of sae-variants.md section 0, over five seeds, as `loupe train --synthetic` trains them.
 *
 * The bounds leave about 0.1 of FRR around what seed 0 gave here and what dictionary_learning's trainers gave on the same task (docs/methods.md).
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { trainSynthetic } from '../../src/engine/train/synthetic-run.ts';
import type { SyntheticResult } from '../../src/engine/train/synthetic-run.ts';
import { quietContext } from '../support/trained.ts';

/** [smallest, largest] */
type Range = readonly [number, number];

interface Task {
  readonly variant: string;
  readonly overrides?: Readonly<Record<string, unknown>>;
  readonly frr: Range;
  readonly fvu: Range;
  readonly l0: Range;
}

const tasks: readonly Task[] = [
  // the threshold's L0 is within 5 % of k = 3 (sae-standard.md section 5)
  { variant: 'batch-topk', frr: [0.85, 1], fvu: [0, 0.09], l0: [2.85, 3.15] },
  { variant: 'matryoshka', frr: [0.65, 1], fvu: [0, 0.17], l0: [2.85, 3.15] },
  { variant: 'relu', frr: [0.9, 1], fvu: [0.1, 0.25], l0: [5, 10] },
  { variant: 'relu-april', frr: [0.85, 1], fvu: [0.4, 0.65], l0: [3, 6] },
  { variant: 'jumprelu', frr: [0.85, 1], fvu: [0, 0.11], l0: [2.5, 3.6] },
  { variant: 'gated', frr: [0.8, 1], fvu: [0, 0.2], l0: [2.5, 6] },
  { variant: 'p-anneal', frr: [0.85, 1], fvu: [0, 0.2], l0: [2.5, 5] },
  { variant: 'switch', frr: [0.75, 1], fvu: [0, 0.25], l0: [0, 3.001] },
  // lambda 0.1 beside x that is not scaled (here by about 3.1): reconstructs, does not recover. Measured there: FRR 0.06, L0 35, FVU 0.04
  { variant: 'relu', overrides: { l1Coefficient: 0.31, resamples: 0 }, frr: [0, 0.2], fvu: [0, 0.06], l0: [20, 50] },
];

function check(task: Task, result: SyntheticResult): void {
  const problems = (['frr', 'fvu', 'l0'] as const).filter((name) => !(result[name] >= task[name][0] && result[name] <= task[name][1]))
    .map((name) => `${name} ${result[name]} is not in [${task[name].join(', ')}]`);
  if (problems.length > 0) throw new Error(problems.join('; '));
}

async function run(task: Task, seed: number): Promise<Record<string, unknown>> {
  const folder = mkdtempSync(join(tmpdir(), 'loupe-standard-'));
  try {
    const result = await trainSynthetic({ variant: task.variant, seed, steps: null, out: join(folder, 'd'), overrides: task.overrides ?? {} }, quietContext(folder));
    check(task, result);
    return { ...result };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export const cases = tasks.flatMap((task) => Array.from({ length: 5 }, (_, seed) => ({
  name: `${task.variant}${task.overrides === undefined ? '' : ' with too small a penalty'}, seed ${seed}`, run: () => run(task, seed),
})));
