import assert from 'node:assert/strict';
import { test } from 'node:test';
import { droppedCatalog } from '../../../../../src/renderer/src/share/drop.ts';

const file = (name: string): File => new File([], name);

test('a dropped catalog is known by its name; its path only where the host tells it', () => {
  assert.equal(droppedCatalog([file('a.txt'), file('b.LOUPE')], { pathOf: ({ name }) => `/somewhere/${name}` }), '/somewhere/b.LOUPE');
  assert.equal(droppedCatalog([file('b.loupe')], {}), 'hidden');
  assert.equal(droppedCatalog([file('b.loupe')], undefined), 'hidden');
  assert.equal(droppedCatalog([file('a.txt')], {}), null);
});
