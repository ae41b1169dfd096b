import assert from 'node:assert/strict';
import { test } from 'node:test';
import { emptyView, fitsAddress, parseView, viewAddress } from '../../../../../../src/renderer/src/pages/prompt/address.ts';
import { formatRoute, parseRoute } from '../../../../../../src/renderer/src/app/route.ts';

test('a view goes into an address and comes back, whatever its text', () => {
  const view = {
    ...emptyView, model: '/m a/x.gguf', dictionaries: ['/d', '/e'], hooks: ['', 'blocks.1.hook_resid_pre'], texts: ['a & b = c?\n#é', 'two'], compare: true, chat: true,
    lead: 'none', ranking: 'token', token: 3, feature: 12, at: 1, on: 1,
  } as const;
  const { query } = parseRoute(formatRoute({ page: 'prompt', rest: [], query: viewAddress(view) }));
  assert.deepEqual(parseView(query), view);
  assert.equal(formatRoute({ page: 'prompt', rest: [], query: viewAddress(emptyView) }), '#/prompt');
});

test('junk in an address is as if it were not there', () => {
  assert.deepEqual(parseView({ rank: 'best', token: '-1', feature: '1e3', lead: 'x', compare: 'yes' }), emptyView);
  assert.equal(parseView({ text: 'x'.repeat(30_000) }).texts[0].length, 20_000);
});

test('a text that is too long for a link is left out of it, and that is known', () => {
  const long = { ...emptyView, texts: ['x'.repeat(2001), ''] } as const;
  assert.equal(viewAddress(long).text, '');
  assert.equal(fitsAddress(long), false);
  assert.equal(fitsAddress({ ...emptyView, texts: ['short', 'x'.repeat(2001)] }), true, 'a second text that is not shown does not matter');
});
