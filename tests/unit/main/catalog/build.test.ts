/** A build ends with the same catalog, however often it was stopped or killed on the way. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { openCatalog, stopThreads, verifyCatalog } from '../../../../src/main/catalog/client.ts';
import { buildCatalog } from '../../../../src/main/catalog/build.ts';
import { Random } from '../../../../src/engine/random.ts';
import { LoupeError } from '../../../../src/shared/errors.ts';
import { dumpCatalog } from '../../../support/dump-catalog.ts';
import { buildSizes, fakeBuild } from '../../../support/fake-build.ts';

let folder: string;
let whole: string;
let wholeMilliseconds = 0;
const script = join(import.meta.dirname, '../../../support/fake-build.ts');

function runInChild(out: string, work: string, killAfter: number): Promise<boolean> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [script, out, work], { stdio: 'ignore' });
    const timer = setTimeout(() => child.kill('SIGKILL'), killAfter);
    child.on('exit', (code) => {
      clearTimeout(timer);
      resolve(code === 0);
    });
  });
}

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'loupe-build-'));
  whole = join(folder, 'whole.loupe');
  const start = performance.now();
  assert.ok(await runInChild(whole, join(folder, 'whole-work'), 60_000));
  wholeMilliseconds = performance.now() - start;
});

after(async () => {
  await stopThreads();
  rmSync(folder, { recursive: true, force: true });
});

test('a build gives a sound, complete catalog with every feature and the context text indexed', async () => {
  const report = await verifyCatalog(whole);
  assert.deepEqual(report.problems, []);
  assert.ok(report.complete);
  const catalog = await openCatalog(whole);
  const [source] = (await catalog.info()).sources;
  assert.equal(source!.features, buildSizes.dSae);
  assert.equal(source!.hookPoint, 'blocks.1.hook_resid_post');
  assert.equal(source!.layer, 1);
  const { total, rows } = await catalog.features({ source: source!.id, sort: 'max', descending: true, filter: {}, search: null, offset: 0, limit: 2 });
  assert.equal(total, buildSizes.dSae);
  assert.ok(rows[0]!.max >= rows[1]!.max);
  const { hits } = await catalog.search({ source: source!.id, text: 'w17', in: 'contexts', limit: 5 });
  assert.equal(hits.length, 5);
  for (const hit of hits) assert.equal(hit.snippet.slice(...hit.marks[0]!), 'w17');
  await catalog.close();
});

test('killed at random moments and run again, it ends with the same rows', async () => {
  const random = Random.from(7, 'kills');
  for (let round = 0; round < 1; round++) {
    const [out, work] = [join(folder, `killed-${round}.loupe`), join(folder, `killed-work-${round}`)];
    let kills = 0;
    // The part before the catalog exists is start-up of Node; the kills spread over what follows.
    for (let done = false; !done; ) {
      done = kills >= 4 ? await runInChild(out, work, 60_000) : await runInChild(out, work, wholeMilliseconds * (0.3 + 0.7 * random.uniform()));
      if (!done) kills++;
      if (!existsSync(out)) continue;
      const catalog = await openCatalog(out);
      const info = await catalog.info();
      // A kill may come after the last transaction and before the process has ended.
      assert.ok(info.complete || !done, 'it ended and is incomplete');
      await catalog.close();
    }
    assert.deepEqual(dumpCatalog(out), dumpCatalog(whole));
  }
});

test('cancelled between any two transactions, the catalog says that it is incomplete and the build goes on', async () => {
  const [out, work] = [join(folder, 'cancelled.loupe'), join(folder, 'cancelled-work')];
  let cancelled = 0;
  for (let done = false; !done; ) {
    const stop = new AbortController();
    await fakeBuild(out, work, { signal: stop.signal, progress: ({ phase }) => { if (phase === 'catalog') stop.abort(); } }).then(() => { done = true; }, (error: unknown) => {
      assert.ok(error instanceof LoupeError && error.kind === 'cancelled', String(error));
      cancelled++;
    });
    const catalog = await openCatalog(out);
    assert.equal((await catalog.info()).complete, done);
    await catalog.close();
  }
  assert.ok(cancelled >= 2, `cancelled ${cancelled} times`);
  assert.deepEqual(dumpCatalog(out), dumpCatalog(whole));
});

describe('a second build', () => {
  test('of the same is found and not made again', async () => {
    const [out, work] = [join(folder, 'twice.loupe'), join(folder, 'twice-work')];
    const first = await fakeBuild(out, work);
    let ran = false;
    const second = await buildCatalog({ store: 'fake', dictionary: 'fake', model: 'fake', out }, { signal: new AbortController().signal, folder: work, progress: () => {}, metrics: () => {}, log: () => {} }, async () => {
      ran = true;
      return {};
    });
    assert.deepEqual(second, first);
    assert.equal(ran, false);
  });

  test('over another store adds a source and leaves the first as it was', async () => {
    const out = join(folder, 'two.loupe');
    const first = await fakeBuild(out, join(folder, 'two-work-a'));
    const before = dumpCatalog(out);
    const second = await fakeBuild(out, join(folder, 'two-work-b'), {}, 1);
    assert.notEqual(first['source'], second['source']);
    const later = dumpCatalog(out);
    for (const table of ['features', 'feature_details', 'examples', 'contexts']) assert.deepEqual(later[table]!.slice(0, before[table]!.length), before[table], table);
    assert.equal(later['models']!.length, 1);
    assert.deepEqual((await verifyCatalog(out)).problems, []);
  });
});

describe('a build that fails', () => {
  const context = { signal: new AbortController().signal, progress: () => {}, metrics: () => {}, log: () => {} };
  const config = (out: string) => ({ store: 'fake', dictionary: 'fake', model: 'fake', out });

  test('leaves no empty catalog behind', async () => {
    const out = join(folder, 'failed.loupe');
    await assert.rejects(buildCatalog(config(out), { ...context, folder: join(folder, 'failed-work') }, () => Promise.reject(new LoupeError('mismatch', 'no'))), /no/);
    assert.ok(!existsSync(out));
  });

  test('in a folder that does not exist says so before any work', async () => {
    let ran = false;
    const out = join(folder, 'nowhere', 'x.loupe');
    await assert.rejects(buildCatalog(config(out), { ...context, folder: join(folder, 'nowhere-work') }, async () => {
      ran = true;
      return {};
    }), (error: unknown) => error instanceof LoupeError && error.kind === 'not-found' && error.message.includes('nowhere'));
    assert.equal(ran, false);
  });
});
