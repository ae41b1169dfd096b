/** Places that cannot be written, disks that become full, and places that two processes want: nothing is lost, and a second run goes on. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { copyFileSync, cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { stopThreads } from '../../src/main/catalog/client.ts';
import { bornAt } from '../../src/main/workspace/lock.ts';
import { assertRefused, inChild, inProcess, resultOf } from '../support/command-line.ts';
import { dumpCatalog } from '../support/dump-catalog.ts';
import { snapshot } from '../support/folders.ts';
import { buildArguments, harvestArguments, makeMainJob, pathsIn, trainArguments, writeCorpus } from '../support/main-job.ts';
import { noDisks, smallDisk } from '../support/small-disk.ts';

process.env['LOUPE_BACKEND'] = 'cpu';
const folder = mkdtempSync(join(tmpdir(), 'loupe-bad-place-'));
const job = pathsIn(folder);

before(async () => void (await makeMainJob(folder)));

after(async () => {
  await stopThreads();
  rmSync(folder, { recursive: true, force: true });
});

describe('a read-only disk', { skip: noDisks }, () => {
  test('takes no store, no dictionary, no catalog and no workspace, and each says so', async (t) => {
    const disk = smallDisk(t, 1000);
    const catalog = join(disk.folder, 'c.loupe');
    copyFileSync(job.catalog, catalog);
    disk.readOnly(true);
    const files = snapshot(disk.folder);
    const place = (name: string): string => join(disk.folder, name);
    for (const argv of [harvestArguments(job, place('store')), trainArguments(job, place('dictionary')), buildArguments(job, place('new.loupe')), ['serve', '--no-open', '--workspace', place('Loupe')]]) {
      assertRefused(await inProcess(argv), { kind: 'read-only', says: [new RegExp(disk.folder), /cannot be|read-only/i, /[Cc]hoose|give/] });
    }
    assert.deepEqual(snapshot(disk.folder), files);
    const info = resultOf(await inProcess(['catalog', 'info', catalog]));
    assert.equal(info['readOnly'], true, 'a catalog there can be read');
    await stopThreads();
    disk.readOnly(false);
  });
});

describe('a full disk', { skip: noDisks }, () => {
  test('refuses a harvest before it begins, with both figures', async (t) => {
    const disk = smallDisk(t, 60);
    assertRefused(await inProcess(harvestArguments(job, join(disk.folder, 'store'))), { kind: 'no-space', says: [/needs .*MB/, /free at/, /Free some disk/] });
    assert.deepEqual(readdirSync(disk.folder), []);
  });

  test('ends a training in words; with space it goes on, to the dictionary of an unbroken run', async (t) => {
    const disk = smallDisk(t, 40);
    const out = join(disk.folder, 'dictionary');
    writeFileSync(join(disk.folder, 'others'), Buffer.alloc(32 * 1024));
    assertRefused(await inProcess(trainArguments(job, out)), { kind: 'no-space', says: [/dictionary/, /full|space/, /again|[Ff]ree/] });
    assert.ok(!existsSync(join(out, 'sae_weights.safetensors')), 'no half-written dictionary');
    disk.resize(2000);
    resultOf(await inProcess(trainArguments(job, out)));
    assert.equal(snapshot(out)['sae_weights.safetensors'], snapshot(job.dictionary)['sae_weights.safetensors']);
  });

  test('ends a catalog build in words and keeps the catalog that was there; with space the build goes on', async (t) => {
    const disk = smallDisk(t, 420);
    const out = join(disk.folder, 'c.loupe');
    writeFileSync(join(disk.folder, 'others'), Buffer.alloc(100 * 1024));
    assertRefused(await inProcess(buildArguments(job, out)), { kind: 'no-space', says: [/full|space/, /[Ff]ree|again/] });
    disk.resize(4000);
    if (existsSync(out)) assert.equal(resultOf(await inProcess(['catalog', 'info', out]))['complete'], false);
    resultOf(await inProcess(buildArguments(job, out)));
    assert.deepEqual(dumpCatalog(out), dumpCatalog(job.catalog));
    await stopThreads();
  });
});

/** Waits until something is there. */
async function until(there: () => boolean): Promise<void> {
  for (let tries = 0; !there(); tries++) {
    assert.ok(tries < 600, 'waited for 30 s');
    await setTimeout(50);
  }
}

describe('two processes', () => {
  test('one workspace: the second finds the first, or is told which process has it', async (t) => {
    const workspace = join(folder, 'Loupe');
    mkdirSync(workspace);
    const holder = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
    t.after(() => holder.kill('SIGKILL'));
    const owner = { pid: holder.pid, host: hostname(), born: bornAt(holder.pid!), startedAt: new Date(0).toISOString(), port: null, token: 'x' };
    writeFileSync(join(workspace, '.lock'), JSON.stringify(owner));
    const files = snapshot(workspace)['.lock'];
    assertRefused(await inChild(['serve', '--no-open', '--workspace', workspace]), { kind: 'locked', says: [new RegExp(`process ${holder.pid}`), /Loupe/, /--workspace/] });
    assert.equal(snapshot(workspace)['.lock'], files);
  });

  test('one store: the second is told which process writes it; the first, interrupted, ends with status 4 and can be gone on with', async () => {
    const out = join(folder, 'long-store');
    const corpus = join(folder, 'long.txt');
    writeCorpus(corpus, 20_000);
    const argv = [...harvestArguments({ ...job, corpus }, out), '--tokens', '400000', '--batch', '4'];
    let first: ReturnType<typeof spawn> | undefined;
    const ended = inChild(argv, {}, (child) => { first = child; });
    await until(() => existsSync(join(out, 'manifest.json')));
    const second = await inProcess(argv);
    first!.kill('SIGINT');
    const { status, stdout } = await ended;
    assertRefused(second, { kind: 'locked', says: [/long-store/, /process \d+/, /Wait/] });
    assert.equal(status, 4, stdout);
    assert.equal((JSON.parse(stdout) as { error: { kind: string } }).error.kind, 'cancelled');
    assert.ok(!existsSync(join(out, 'writer.lock')));
    assertRefused(await inProcess(trainArguments({ store: out }, join(folder, 'none'))), { kind: 'conflict', says: [/incomplete/] });
    assert.ok(!existsSync(join(folder, 'none')));
  });

  test('one training folder: the second is told which process trains there', async () => {
    const out = join(folder, 'long-run');
    const argv = [...trainArguments(job, out), '--steps', '100000'];
    let first: ReturnType<typeof spawn> | undefined;
    const ended = inChild(argv, {}, (child) => { first = child; });
    await until(() => existsSync(join(out, 'train.json')));
    const stop = new AbortController();
    const second = inProcess(argv, stop.signal);
    const early = await Promise.race([second, setTimeout(5000, null)]);
    stop.abort();
    first!.kill('SIGINT');
    assert.equal((await ended).status, 4);
    await second;
    assert.ok(early !== null, 'the second trained in the same folder');
    assertRefused(early, { kind: 'locked', says: [/long-run/, /process \d+/] });
  });

  test('one catalog: the second build waits its turn or is told, and the first is whole', async () => {
    const out = join(folder, 'twice.loupe');
    const both = await Promise.all([inChild(buildArguments(job, out)), inChild(buildArguments(job, out))]);
    for (const outcome of both) if (outcome.status !== 0) assertRefused(outcome, { kind: 'locked', says: [/twice\.loupe/] });
    assert.ok(both.some(({ status }) => status === 0), both.map(({ stderr }) => stderr).join('\n'));
    const dump = dumpCatalog(out);
    const expected = dumpCatalog(job.catalog);
    for (const table of ['features', 'examples', 'contexts', 'builds']) assert.equal(dump[table]?.length, expected[table]?.length, table);
  });

  test('a store that a killed process was writing is free again', async () => {
    const out = join(folder, 'left');
    cpSync(join(folder, 'long-store'), out, { recursive: true });
    writeFileSync(join(out, 'writer.lock'), JSON.stringify({ pid: 2 ** 22 + 12345, host: hostname() }));
    const stop = new AbortController();
    stop.abort();
    const argv = [...harvestArguments({ ...job, corpus: join(folder, 'long.txt') }, out), '--tokens', '400000', '--batch', '4'];
    assert.equal((await inProcess(argv, stop.signal)).status, 4);
  });
});
