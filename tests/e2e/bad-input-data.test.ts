/** Corpora, stores, dictionaries, configs and catalogs that cannot be used, given to the command line. */
import assert from 'node:assert/strict';
import Database from 'better-sqlite3';
import { appendFileSync, copyFileSync, cpSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { stopThreads } from '../../src/main/catalog/client.ts';
import { migrations } from '../../src/main/catalog/migrations/index.ts';
import { assertRefused, inChild, inProcess, resultOf } from '../support/command-line.ts';
import type { Refusal } from '../support/command-line.ts';
import { cut, editJson, f32, patch, patchTensor, u64 } from '../support/damage.ts';
import { snapshot } from '../support/folders.ts';
import { buildArguments, harvestArguments, hook, makeMainJob, pathsIn, trainArguments } from '../support/main-job.ts';
import { writeTinyLlama } from '../support/tiny-llama.ts';

process.env['LOUPE_BACKEND'] = 'cpu';
const folder = mkdtempSync(join(tmpdir(), 'loupe-bad-data-'));
const job = pathsIn(folder);
const out = join(folder, 'out');
const bad = join(folder, 'bad');

before(async () => void (await makeMainJob(folder)));

after(async () => {
  await stopThreads();
  rmSync(folder, { recursive: true, force: true });
});

async function refused(argv: readonly string[], refusal: Refusal): Promise<void> {
  const files = snapshot(folder);
  assertRefused(await inProcess(argv), refusal);
  assert.deepEqual(snapshot(folder), files, 'files are as they were, and none is new');
}

describe('a corpus is refused:', () => {
  const file = (name: string): string => join(folder, name);
  const cases: readonly (Refusal & { readonly title: string; readonly name: string; readonly bytes: string | Uint8Array | null; readonly more?: readonly string[] })[] = [
    { title: 'text with zero bytes', name: 'zero.txt', bytes: 'a\0b', kind: 'bad-file', says: [/zero\.txt/, /zero bytes/, /Save it as/] },
    { title: 'no text at all', name: 'empty.txt', bytes: '', kind: 'bad-request', says: [/empty\.txt/, /32 tokens/, /Give more text/] },
    { title: 'compression that ends half-way', name: 'cut.txt.gz', bytes: gzipSync('word '.repeat(2000)).subarray(0, 30), kind: 'bad-file', says: [/cut\.txt\.gz/, /decompress/, /again/] },
    { title: 'lines that are no JSON, where they are not to be skipped', name: 'junk.jsonl', bytes: '{"text":"a"}\n{"text":\n', more: ['--bad-lines', 'refuse'], kind: 'bad-file', says: [/junk\.jsonl/, /line 2/i] },
    { title: 'lines without the field', name: 'other.jsonl', bytes: '{"body":"a"}\n{"body":"b"}\n', kind: 'bad-request', says: [/other\.jsonl/, /"text"/, /The fields are body/] },
    { title: 'Parquet that is none', name: 'no.parquet', bytes: 'PAR1 and then nothing PAR1', kind: 'bad-file', says: [/no\.parquet/] },
    { title: 'Parquet whose footer claims gigabytes', name: 'big.parquet', bytes: Buffer.concat([Buffer.from('PAR1xxxx'), Buffer.from([0xff, 0xff, 0xff, 0x7f]), Buffer.from('PAR1')]), kind: 'bad-file', says: [/big\.parquet/] },
    { title: 'a kind that nobody reads', name: 'slides.pptx', bytes: 'x', kind: 'unsupported', says: [/slides\.pptx/, /\.jsonl/, /wordnet/] },
    { title: 'a name for nothing', name: 'nothing.txt', bytes: null, kind: 'not-found', says: [/nothing\.txt/, /Give a path/] },
  ];
  for (const { title, name, bytes, more = [], ...refusal } of cases) {
    test(title, async () => {
      if (bytes !== null) writeFileSync(file(name), bytes);
      await refused([...harvestArguments({ ...job, corpus: file(name) }, out), ...more], refusal);
    });
  }
});

describe('training is refused:', () => {
  const trained = (change: (folder: string) => void, refusal: Refusal, more: readonly string[] = []) => async (): Promise<void> => {
    cpSync(job.store, bad, { recursive: true });
    try {
      change(bad);
      await refused([...trainArguments({ store: bad }, out), ...more], refusal);
    } finally {
      rmSync(bad, { recursive: true });
    }
  };
  const shard = (store: string): string => join(store, 'shard-00000.safetensors');
  const manifest = (store: string): string => join(store, 'manifest.json');
  const none = (): void => {};

  test('k beyond the width', trained(none, { kind: 'bad-config', says: [/k is 64/, /32/, /k <= /] }, ['--k', '64']));
  test('a negative coefficient', trained(none, { kind: 'bad-config', says: [/auxCoefficient/, /0/] }, ['--set', 'auxCoefficient=-1']));
  test('a store of one token repeated', async () => {
    writeFileSync(join(folder, 'same.txt'), 'z'.repeat(9000));
    const same = join(folder, 'same');
    resultOf(await inProcess(harvestArguments({ ...job, corpus: join(folder, 'same.txt') }, same)));
    await refused(trainArguments({ store: same }, out), { kind: 'bad-file', says: [/all equal, up to rounding/, /one token repeated/] });
  });
  test('a second hook that a transcoder would predict, and that nobody named', trained(none, { kind: 'mismatch', says: [/transcoder/, /targetHook/] }, ['--variant', 'transcoder']));
  test('no steps', trained(none, { kind: 'bad-request', says: [/--steps/, /"0"/, /whole number from 1/] }, ['--steps', '0']));
  test('a learning rate that is no number', trained(none, { kind: 'bad-config', says: [/lr/] }, ['--lr', 'fast']));
  test('a field that does not exist, with the nearest', trained(none, { kind: 'bad-config', says: [/decayFracton/, /decayFraction/] }, ['--set', 'decayFracton=0.5']));
  test('a variant that does not exist', trained(none, { kind: 'bad-request', says: [/"topkk"/, /did you mean topk\?/] }, ['--variant', 'topkk']));
  test('a hook that the store has not', trained(none, { kind: 'not-found', says: [/hook_resid_pots/, /blocks\.0\.hook_resid_post/] }, ['--hook', 'blocks.0.hook_resid_pots']));
  test('half a manifest', trained((store) => cut(manifest(store), 0.5), { kind: 'bad-file', says: [/manifest\.json/, /Harvest again/] }));
  test('a manifest that claims more contexts', trained((store) => editJson(manifest(store), (m) => { m['contexts'] = 2 ** 40; }), { kind: 'bad-file', says: [/contexts/, /1099511627776/] }));
  test('a manifest of a newer version', trained((store) => editJson(manifest(store), (m) => { m['version'] = 2; }), { kind: 'unsupported', says: [/version 2/, /newer Loupe/] }));
  test('a store that is not finished', trained((store) => editJson(manifest(store), (m) => { m['complete'] = false; }), { kind: 'conflict', says: [/incomplete/, /loupe harvest again/] }));
  test('half a shard', trained((store) => cut(shard(store), 0.5), { kind: 'bad-file', says: [/shard-00000/, /bytes and the manifest says/] }));
  test('a missing shard', trained((store) => rmSync(shard(store)), { kind: 'bad-file', says: [/shard-00000/, /missing/] }));
  test('a shard whose header claims terabytes', trained((store) => patch(shard(store), 0, u64(4n << 40n)), { kind: 'bad-file', says: [/shard-00000/, /4398046511104/] }));
  test('NaN in the activations, naming their place', trained(
    (store) => patchTensor(shard(store), `activations.${hook}`, new Uint8Array(Float32Array.of(...new Array<number>(32 * 16 * 8).fill(NaN)).buffer)),
    { kind: 'not-finite', says: [/NaN/, /bad/, /context \d+/, /Harvest/] },
  ));
  test('a folder that is no store', () => refused(trainArguments({ store: job.model }, out), { kind: 'not-found', says: [/model/, /no activation store/, /loupe harvest/] }));
  test('nothing to resume', () => refused(['train', '--resume', out], { kind: 'not-found', says: [/--resume/, /out/] }));
  test('a config file that is no JSON', () => {
    writeFileSync(join(folder, 'config.json'), '{"k": 4,');
    return refused(['train', '--config', join(folder, 'config.json'), '--out', out], { kind: 'bad-config', says: [/--config/, /config\.json/, /JSON/] });
  });
});

describe('a sweep', () => {
  const file = join(folder, 'sweep.json');
  const swept = (sweep: Record<string, unknown>): string[] => {
    writeFileSync(file, JSON.stringify(sweep));
    return ['sweep', '--config', file, '--out', out];
  };
  const base = { activations: [job.store], dSae: 32, k: 4, steps: 10, batch: 64 };

  test('with an unknown field is refused, with the nearest', () => refused(swept({ gird: { k: [2] }, base }), { kind: 'bad-config', says: [/gird/, /grid/] }));
  test('without a member is refused', () => refused(swept({ base }), { kind: 'bad-config', says: [/grid and members are both empty/] }));
  test('of broken members only is refused', () => refused(swept({ base, members: [{ k: 99 }] }), { kind: 'bad-config', says: [/k is 99/, /32/] }));
  test('without its file is refused', () => refused(['sweep', '--config', join(folder, 'none.json'), '--out', out], { kind: 'bad-config', says: [/none\.json/] }));
  test('with one broken member finishes the others, and the table says why', async () => {
    const result = resultOf(await inProcess(swept({ base, grid: { k: [2, 99] } })));
    const rows = result['rows'] as { role: string; k: number; fvu: number | null; error: string | null }[];
    assert.deepEqual(rows.map(({ role, k, error }) => [role, k, error === null]), [['trained', 2, true], ['trained', 99, false], ['random', 2, true]]);
    assert.equal(result['failed'], 1);
    assert.match(rows[1]!.error!, /k is 99, dSae is 32/);
    rmSync(out, { recursive: true });
  });
});

describe('a dictionary is refused:', () => {
  const evaluated = (change: (folder: string) => void, refusal: Refusal) => async (): Promise<void> => {
    cpSync(job.dictionary, bad, { recursive: true });
    try {
      change(bad);
      await refused(['eval', '--dictionary', bad, '--activations', job.store], refusal);
    } finally {
      rmSync(bad, { recursive: true });
    }
  };
  const weights = (path: string): string => join(path, 'sae_weights.safetensors');

  test('a JumpReLU folder without thresholds', evaluated((path) => editJson(join(path, 'cfg.json'), (cfg) => { cfg['architecture'] = 'jumprelu'; }), { kind: 'bad-file', says: [/threshold/, /\[32\]/] }));
  test('half of its weights', evaluated((path) => cut(weights(path), 0.5), { kind: 'bad-file', says: [/sae_weights\.safetensors/, /cut off/] }));
  test('NaN in its weights', evaluated((path) => patchTensor(weights(path), 'W_dec', f32(NaN)), { kind: 'not-finite', says: [/W_dec|wDec/, /NaN/] }));
  test('half a cfg.json', evaluated((path) => cut(join(path, 'cfg.json'), 0.5), { kind: 'bad-file', says: [/cfg\.json/] }));
  test('half a loupe.json', evaluated((path) => cut(join(path, 'loupe.json'), 0.5), { kind: 'bad-file', says: [/loupe\.json/] }));
  test('an architecture that nobody computes', evaluated((path) => editJson(join(path, 'cfg.json'), (cfg) => { cfg['architecture'] = 'quantum'; }), { kind: 'unsupported', says: [/quantum/] }));
  test('weights that are not those it was saved with', evaluated((path) => patchTensor(weights(path), 'b_dec', f32(100)), { kind: 'mismatch', says: [/bad/] }));
  test('a width that the store has not', evaluated((path) => editJson(join(path, 'cfg.json'), (cfg) => { cfg['d_in'] = 17; }), { kind: 'bad-file', says: [/d_in|17/] }));
  test('a folder that is none', () => refused(['eval', '--dictionary', job.model, '--activations', job.store], { kind: 'bad-file', says: [/no dictionary that Loupe knows/, /cfg\.json/] }));
});

describe('a catalog build is refused:', () => {
  test('a store from another model', () => refused(buildArguments({ ...job, model: job.otherModel }, out), { kind: 'mismatch', says: [/store/, /other/] }));
  test('a place that holds something else', async () => {
    const path = join(folder, 'notes.loupe');
    writeFileSync(path, 'my notes, which are no catalog, and longer than a hundred bytes: '.repeat(4));
    await refused(buildArguments(job, path), { kind: 'bad-file', says: [/notes\.loupe/, /no catalog/] });
  });
  test('a dictionary of another model\'s store', async () => {
    const [store, model] = [join(folder, 'store-b'), { ...job, model: job.otherModel }];
    resultOf(await inProcess(harvestArguments(model, store)));
    await refused(buildArguments({ ...model, store }, out), { kind: 'mismatch', says: [/dictionary/] });
    assert.ok(!existsSync(out));
  });
});

describe('a catalog is refused:', () => {
  const catalog = join(folder, 'bad.loupe');
  const opened = (change: () => void, refusal: Refusal) => async (): Promise<void> => {
    copyFileSync(job.catalog, catalog);
    change();
    await refused(['catalog', 'info', catalog], refusal);
    rmSync(catalog);
  };
  const sql = (statement: string) => (): void => {
    const db = new Database(catalog);
    db.exec(statement);
    db.close();
  };

  test('half of one', opened(() => cut(catalog, 0.5), { kind: 'bad-file', says: [/bad\.loupe/, /cut off/, /again/] }));
  test('an empty file', opened(() => writeFileSync(catalog, ''), { kind: 'bad-file', says: [/bad\.loupe/, /no catalog/] }));
  test('a text file', opened(() => writeFileSync(catalog, 'text '.repeat(100)), { kind: 'bad-file', says: [/no catalog/, /not an SQLite file/] }));
  test('the database of another program', opened(() => { rmSync(catalog); sql('CREATE TABLE t (x)')(); }, { kind: 'bad-file', says: [/no Loupe catalog/] }));
  test('one from a newer Loupe', opened(sql(`PRAGMA user_version = ${migrations.length + 1}`), { kind: 'catalog-from-future', says: [/newer Loupe/, new RegExp(`schema ${migrations.length + 1}`), /Update Loupe/] }));
  test('one with a trigger', opened(sql('CREATE TRIGGER t AFTER INSERT ON labels BEGIN DELETE FROM features; END'), { kind: 'bad-file', says: [/trigger/, /sender/] }));
  test('one whose first page is junk behind the header', opened(() => patch(catalog, 100, new Uint8Array(900).fill(0xa5)), { kind: 'bad-file', says: [/bad\.loupe/, /again|sender|verify/] }));
  test('a file that is not there', () => refused(['catalog', 'info', join(folder, 'none.loupe')], { kind: 'not-found', says: [/none\.loupe/, /Check the path/] }));

  test('damage in the middle is found by verify, which says so with status 2 and changes nothing', async () => {
    copyFileSync(job.catalog, catalog);
    patch(catalog, 40_960, new Uint8Array(4096).fill(0xa5));
    const files = snapshot(folder);
    const { status, stdout } = await inProcess(['catalog', 'verify', catalog]);
    const report = JSON.parse(stdout) as { ok: boolean; problems: string[] };
    assert.equal(status, 2, stdout);
    assert.equal(report.ok, false);
    assert.ok(report.problems.length > 0);
    assert.deepEqual(snapshot(folder), files);
  });

  test('what was appended behind the last page is not read', async () => {
    copyFileSync(job.catalog, catalog);
    appendFileSync(catalog, 'more bytes than there should be');
    const { status, stdout } = await inProcess(['catalog', 'info', catalog]);
    assert.equal(status, 0, stdout);
  });
});

test('processes of their own refuse alike', async () => {
  writeTinyLlama(join(folder, 'third'), 3);
  const [train, build] = await Promise.all([
    inChild(['train', '--activations', job.store, '--d-sae', '8', '--k', '9', '--out', out]),
    inChild(buildArguments({ ...job, model: join(folder, 'third') }, out)),
  ]);
  assertRefused(train, { kind: 'bad-config', says: [/k is 9/] });
  assertRefused(build, { kind: 'mismatch', says: [/store/] });
  assert.ok(!existsSync(out));
});
