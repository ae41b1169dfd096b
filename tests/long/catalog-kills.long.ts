/** Every kind of write to a catalog, killed twenty-five times each at random moments: what is left is whole. */
import { Random } from '../../src/engine/random.ts';
import { writeKinds } from '../support/catalog-writes.ts';
import { killRound } from '../support/kill-writes.ts';

const kills = 25;

export const cases = writeKinds.map((kind, seed) => ({
  name: `killed while writing: ${kind}`,
  run: async (): Promise<Record<string, unknown>> => {
    const random = Random.from(seed, 'catalog-kills');
    for (let round = 0; round < kills; round++) await killRound(kind, 5 + random.uniform() * 400);
    return { kills };
  },
}));
