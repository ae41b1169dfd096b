import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Shelf, type Order } from '../../../../src/engine/live/shelf.ts';

class Thing {
  disposed = false;
  dispose(): void {
    this.disposed = true;
  }
}

const gib = 2 ** 30;
/** 20 GiB in all, of which 10 are available: at most min(10, held + 7) GiB. */
const room = (): { available: number; total: number } => ({ available: 10 * gib, total: 20 * gib });

function order(path: string, bytes: number, changes: Partial<Order<Thing>> = {}): Order<Thing> & { made: Thing[] } {
  const made: Thing[] = [];
  return { kind: 'model', path, stamp: '1', bytes, made, load: async () => {
    made.push(new Thing());
    return made.at(-1)!;
  }, ...changes };
}

test('a thing is loaded once, however many ask for it', async () => {
  const shelf = new Shelf(room);
  const a = order('/a', gib);
  const [one, two] = await Promise.all([shelf.lease(a), shelf.lease(a)]);
  assert.equal(one.value, two.value);
  assert.equal(a.made.length, 1);
  assert.deepEqual(shelf.held, [{ kind: 'model', path: '/a', bytes: gib, used: true }]);
});

test('the least recently used goes for another; what is in use stays', async () => {
  const shelf = new Shelf(room);
  const [a, b, c] = ['/a', '/b', '/c'].map((path) => order(path, 3 * gib)) as [ReturnType<typeof order>, ReturnType<typeof order>, ReturnType<typeof order>];
  const first = await shelf.lease(a);
  (await shelf.lease(b)).release();
  (await shelf.lease(c)).release();
  (await shelf.lease(b)).release();
  // 9 GiB are held of at most 10: for 4 more, c goes, which was used before b
  (await shelf.lease(order('/d', 4 * gib))).release();
  await Promise.resolve();
  assert.deepEqual([a, b, c].map(({ made }) => made[0]!.disposed), [false, false, true]);
  first.release();
  shelf.clear();
  await Promise.resolve();
  assert.ok([a, b].every(({ made }) => made[0]!.disposed));
  assert.equal(shelf.bytes, 0);
});

test('what can never fit is refused with its size, the bound and what to do, before it is loaded', async () => {
  const shelf = new Shelf(room);
  const big = order('/big.gguf', 8 * gib);
  await assert.rejects(shelf.lease(big), { kind: 'out-of-memory', message: /\/big\.gguf needs about 8,192 MiB.*7,168 MiB can be used.*Close other programs/u });
  assert.equal(big.made.length, 0);
  await shelf.lease(order('/a', 6 * gib));
  await assert.rejects(shelf.lease(order('/b', 5 * gib)), { kind: 'out-of-memory', message: /of which 6,144 MiB are in use/u });
});

test('a thing whose files have changed is loaded again, and goes when its last user is done', async () => {
  const shelf = new Shelf(room);
  const [before, now] = [order('/a', gib), order('/a', gib, { stamp: '2' })];
  const old = await shelf.lease(before);
  const fresh = await shelf.lease(now);
  assert.notEqual(old.value, fresh.value);
  assert.ok(!old.value.disposed);
  old.release();
  old.release();
  await Promise.resolve();
  assert.ok(old.value.disposed && !fresh.value.disposed);
});

test('what could not be loaded is forgotten and tried again', async () => {
  const shelf = new Shelf(room);
  let tries = 0;
  const flaky = order('/a', gib, { load: async () => {
    if (++tries === 1) throw new Error('once');
    return new Thing();
  } });
  await assert.rejects(shelf.lease(flaky), /once/u);
  assert.equal(shelf.bytes, 0);
  await shelf.lease(flaky);
});
