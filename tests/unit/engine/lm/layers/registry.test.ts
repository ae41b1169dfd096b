import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ModelSize } from '../../../../../src/engine/lm/layers/definition.ts';
import { checkedKinds, layerKindById, layerKinds } from '../../../../../src/engine/lm/layers/registry.ts';

const size: ModelSize = { layers: 2, dModel: 16, heads: 2, context: 8, vocab: 10 };

test('an id that is in the list twice is a defect', () => {
  assert.throws(() => checkedKinds([layerKinds[0]!, layerKinds[0]!]), { kind: 'defect' });
});

test('an unknown architecture is refused with the list', () => {
  assert.throws(() => layerKindById('dens'), { kind: 'bad-request', message: /did you mean dense\?/u });
});

for (const kind of layerKinds) {
  test(`${kind.id}: every field has a default and a description, and an unknown one is refused`, () => {
    kind.config.parse({});
    for (const [name, field] of Object.entries(kind.config.shape)) assert.ok((field as { description?: string }).description, `${kind.id}.${name}`);
    assert.throws(() => kind.config.parse({ nobodyHasThis: 1 }));
  });

  test(`${kind.id}: names of parameters are good for a file`, () => {
    const config = kind.config.parse({});
    if (kind.problem?.(config, size)) return;
    for (const layer of [0, 1]) for (const name of Object.keys(kind.parameters(config, size, layer))) assert.match(name, /^[a-z0-9_.]+$/iu);
  });
}
