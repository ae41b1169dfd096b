import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseView, viewAddress } from '../../../../../../src/renderer/src/pages/experts/address.ts';

test('what is shown stands in the address, and defaults do not', () => {
  const view = { run: '2026-01-01_lm-experts-1', layer: 2, expert: 17 };
  assert.deepEqual(parseView(viewAddress(view)), view);
  assert.deepEqual(viewAddress(parseView({})), { run: '', layer: '', expert: '' });
  assert.deepEqual(parseView({ layer: '-1', expert: '1e3' }), { run: '', layer: 0, expert: null });
});
