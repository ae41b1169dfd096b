import assert from 'node:assert/strict';
import { test } from 'node:test';
import { halvesProblem, hdSpecs, routerSpecs, statisticsSpecs, subExperts, vdSpecs } from '../../../../../../src/engine/lm/layers/monet/specs.ts';
import { Random } from '../../../../../../src/engine/random.ts';

test('matrices start at 0.02 and decay, biases at 0 and do not; statistics as of a standard normal, untrained', () => {
  for (const [name, { start, shape, decay }] of Object.entries({ ...hdSpecs({ s: 32, m: 8, dModel: 64 }), ...vdSpecs({ s: 32, m: 8, dModel: 64 }), ...routerSpecs(32, 2, 64) })) {
    const values = start(Random.from(1), shape);
    const deviation = Math.sqrt(values.reduce((sum, value) => sum + value ** 2, 0) / values.length);
    assert.ok(name.startsWith('b') ? deviation === 0 && !decay : Math.abs(deviation - 0.02) < 1e-3 && decay, name);
  }
  const running = statisticsSpecs(3);
  assert.ok(Object.values(running).every(({ trained, shape }) => trained === false && shape[0] === 3));
  assert.deepEqual([running['mean1'], running['variance2']].map((spec) => spec!.start(Random.from(1), [3])[2]), [0, 1]);
});

test('numbers of experts that are no squares, and odd halves, are refused', () => {
  assert.equal(subExperts(262_144), 512);
  assert.throws(() => subExperts(1000), { kind: 'bad-config', message: /experts is 1000.*like 1024/ });
  assert.throws(() => subExperts(0), { kind: 'bad-config' });
  assert.throws(() => vdSpecs({ s: 2, m: 3, dModel: 4 }), { kind: 'bad-config', message: /m is 3/ });
  assert.match(halvesProblem({ m: 2, dModel: 5 })!, /dModel is 5/);
  assert.equal(halvesProblem({ m: 2, dModel: 4 }), null);
});
