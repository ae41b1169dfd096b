/** Merging over 300 seeded histories of three teammates: order makes no difference, nothing is lost, twice is once, undo is exact. */
import { checkMerging, checkUndoing } from '../support/merging.ts';

const seeds = 300;

async function run(): Promise<Record<string, unknown>> {
  for (let seed = 0; seed < seeds; seed++) {
    checkMerging(seed);
    checkUndoing(seed);
    // The runner's watchdog and its progress need the event loop.
    await new Promise((resolve) => setImmediate(resolve));
  }
  return { seeds };
}

export const cases = [{ name: 'merges of three teammates', run }];
