import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { PageCache } from '../../../../../src/renderer/src/feature/page-cache.ts';

function cacheOf(rows: number, keep = 10): { cache: PageCache<number>; asked: number[]; errors: unknown[] } {
  const asked: number[] = [];
  const errors: unknown[] = [];
  const cache = new PageCache<number>({
    pageSize: 10, keep, onChange: () => undefined, onError: (error) => errors.push(error),
    fetch: async (offset, limit) => {
      asked.push(offset);
      if (offset === 990) throw new Error('broken');
      return { total: rows, rows: Array.from({ length: Math.max(0, Math.min(limit, rows - offset)) }, (_, i) => offset + i) };
    },
  });
  return { cache, asked, errors };
}

test('a row is fetched with its page, once', async () => {
  const { cache, asked } = cacheOf(25);
  assert.equal(cache.row(3), undefined);
  assert.equal(cache.row(4), undefined);
  await turn();
  assert.deepEqual([cache.row(3), cache.row(4), cache.total], [3, 4, 25]);
  assert.deepEqual(asked, [0]);
});

test('past the end there is no row', async () => {
  const { cache } = cacheOf(25);
  assert.equal(await cache.wait(24), 24);
  assert.equal(await cache.wait(25), undefined);
});

test('the least recently used page goes first', async () => {
  const { cache, asked } = cacheOf(100, 2);
  for (const place of [0, 10, 0, 20]) await cache.wait(place);
  assert.equal(cache.row(0), 0);
  assert.equal(cache.row(10), undefined);
  await turn();
  assert.deepEqual(asked, [0, 10, 20, 10]);
});

test('rows are found among the pages that are there', async () => {
  const { cache } = cacheOf(100);
  await cache.wait(37);
  assert.equal(cache.find((row) => row === 33), 33);
  assert.equal(cache.find((row) => row === 3), null);
});

test('looking for a loaded row fetches nothing, and keeps no page from going', async () => {
  const { cache, asked } = cacheOf(100, 2);
  await cache.wait(3);
  await cache.wait(13);
  assert.deepEqual([cache.loaded(4), cache.loaded(15), cache.loaded(24)], [4, 15, undefined]);
  cache.loaded(4);
  await cache.wait(20);
  // The page of row 4 was the least recently used in spite of the look.
  assert.equal(cache.loaded(4), undefined);
  assert.deepEqual(asked, [0, 10, 20]);
});

test('a failure is reported, and the page can be asked for again', async () => {
  const { cache, asked, errors } = cacheOf(1000);
  cache.row(995);
  await turn();
  cache.row(995);
  await turn();
  assert.equal(errors.length, 2);
  assert.deepEqual(asked, [990, 990]);
});

test('answers that come after it was closed are dropped', async () => {
  const { cache } = cacheOf(25);
  cache.row(0);
  cache.close();
  await turn();
  assert.equal(cache.total, null);
});
