import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pages, railPage, tabsOf } from '../../../../../src/renderer/src/pages/registry.ts';

test('an address belongs to a page of the rail or of its foot', () => {
  assert.equal(railPage(''), 'workspace');
  assert.equal(railPage('feature'), 'features');
  assert.equal(railPage('models'), 'models');
  for (const { id, place } of pages) {
    if (place === 'tab') assert.equal(pages.find((page) => page.id === railPage(id))!.place, 'rail', id);
  }
});

test('the strip of a model has the Models page first, then its tabs only', () => {
  const tabs = tabsOf('models');
  assert.equal(tabs[0]!.id, 'models');
  assert.deepEqual(tabs.slice(1).map(({ place, parent }) => `${place} ${parent}`), tabs.slice(1).map(() => 'tab models'));
  assert.equal(tabsOf('features').some(({ id }) => id === 'feature'), false, 'a hidden page is no tab');
});

test('no two pages have the same letter after G', () => {
  const letters = pages.flatMap(({ letter }) => (letter === null ? [] : [letter]));
  assert.equal(new Set(letters).size, letters.length);
});
