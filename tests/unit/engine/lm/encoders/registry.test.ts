import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encoderFamilies, encoderFamily } from '../../../../../src/engine/lm/encoders/registry.ts';

test('a family is found by its model_type, and no two share one', () => {
  const names = encoderFamilies.flatMap((family) => family.modelTypes);
  assert.equal(new Set(names).size, names.length);
  assert.equal(encoderFamily('bert', 'x').id, 'bert');
});

test('another model_type is refused with those that there are', () => {
  for (const type of ['roberta', null, undefined, 3]) assert.throws(() => encoderFamily(type, '/m/config.json'), { kind: 'unsupported', message: /\/m\/config\.json.*bert/ });
});
