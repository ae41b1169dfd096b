import assert from 'node:assert/strict';
import { test } from 'node:test';
import { layerKinds } from '../../../../../src/engine/lm/layers/registry.ts';
import { shapeOf } from '../../../../../src/engine/lm/own/config.ts';
import { presetByName, presetConfig, presetNames } from '../../../../../src/engine/lm/own/presets.ts';

for (const kind of layerKinds) {
  test(`${kind.id}: every preset is a model that can be made`, () => {
    for (const name of presetNames(kind.id)) {
      const shape = shapeOf(presetConfig(kind.id, name));
      assert.equal(shape.kind.id, kind.id);
      assert.ok(presetByName(kind.id, name).title.length > 0);
    }
  });
}

test('the desktop sizes of the specification', () => {
  const { layers, dModel, context } = presetByName('dense', 'desktop-text');
  assert.deepEqual([layers, dModel, context], [4, 192, 256]);
  const chess = presetByName('dense', 'desktop-chess');
  assert.deepEqual([chess.layers, chess.dModel, chess.heads, chess.context], [4, 128, 4, 256]);
});

test('an unknown preset is refused with the nearest and the list', () => {
  assert.throws(() => presetByName('dense', 'desktop-txt'), { kind: 'bad-request', message: /did you mean desktop-text\?.*desktop-chess/u });
});
