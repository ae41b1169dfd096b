import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import Database from 'better-sqlite3';
import { generateCatalog } from '../../bench/generate-catalog.ts';
import { entryPath } from '../../src/engine/entry.ts';
import { EngineSupervisor } from '../../src/main/engine/supervisor.ts';
import { TestClient } from '../unit/main/transport/client.ts';

const out = join(entryPath('root'), 'out');
const bundle = (...parts: string[]): string => join(out, ...parts);
const skip = existsSync(bundle('cli', 'loupe.js')) ? false : 'the bundles have not been built (npm run build)';

function temporary(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'loupe-bundle-'));
  t.after(() => rmSync(path, { recursive: true, force: true, maxRetries: 3 }));
  return path;
}

test('the bundled command line answers, and fails as the sources do', { skip }, () => {
  const cli = (...args: string[]): ReturnType<typeof spawnSync> => spawnSync(process.execPath, [bundle('cli', 'loupe.js'), ...args], { encoding: 'utf8' });
  assert.match(String(cli('--version').stdout), /^\d+\.\d+\.\d+\n$/);
  assert.equal(cli('--help').status, 0);
  const bad = cli('nonsense', '--json');
  assert.equal(bad.status, 2);
  assert.equal((JSON.parse(String(bad.stdout)) as { error: { kind: string } }).error.kind, 'bad-request');
});

test('every command loads from the bundle', { skip }, () => {
  const help = spawnSync(process.execPath, [bundle('cli', 'loupe.js'), '--help'], { encoding: 'utf8' }).stdout;
  const names = [...help.matchAll(/^ {2}([a-z-]+(?: [a-z-]+)?) {2,}/gm)].map((match) => match[1]!);
  assert.ok(names.length >= 5, help);
  for (const name of names) {
    const { status, stdout, stderr } = spawnSync(process.execPath, [bundle('cli', 'loupe.js'), ...name.split(' '), '--help'], { encoding: 'utf8' });
    assert.equal(status, 0, `${name}: ${stderr}`);
    assert.match(stdout, /--workspace/, name);
  }
});

test('the bundled doctor finds a backend, and the bundled trainer trains', { skip }, () => {
  const cli = (...args: string[]): Record<string, unknown> => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [bundle('cli', 'loupe.js'), ...args, '--json'], { encoding: 'utf8' });
    assert.equal(status, 0, stderr);
    assert.equal(stdout.trimEnd().split('\n').length, 1, 'one line on stdout');
    return JSON.parse(stdout) as Record<string, unknown>;
  };
  const doctor = cli('doctor');
  assert.ok(['tensorflow', 'wasm', 'cpu'].includes(String(doctor['backend'])), String(doctor['backend']));
  const trained = cli('train', '--synthetic', '--steps', '20', '--seed', '3');
  assert.equal(trained['variant'], 'topk');
  assert.equal(trained['l0'], 3);
  const fvu = trained['fvu'] as number;
  assert.ok(fvu > 0 && fvu < 1, `${fvu}`);
});

test('the bundled catalog thread opens a catalog, shows it, and refuses one from a newer Loupe', { skip }, (t) => {
  const path = join(temporary(t), 'made.loupe');
  generateCatalog(path, { features: 40, contexts: 30 });
  const cli = (...args: string[]): ReturnType<typeof spawnSync> => spawnSync(process.execPath, [bundle('cli', 'loupe.js'), 'catalog', ...args, '--json'], { encoding: 'utf8' });
  const info = JSON.parse(String(cli('info', path).stdout)) as { complete: boolean; sources: { features: number }[] };
  assert.ok(info.complete);
  assert.equal(info.sources[0]!.features, 40);
  const report = JSON.parse(String(cli('verify', path).stdout)) as { ok: boolean; problems: string[] };
  assert.deepEqual(report.problems, []);
  const db = new Database(path);
  db.pragma('user_version = 9999');
  db.close();
  const { status, stdout } = cli('info', path);
  assert.equal(status, 2);
  assert.equal((JSON.parse(String(stdout)) as { error: { kind: string } }).error.kind, 'catalog-from-future');
});

test('the bundled engine starts, loads a backend, checks configs and builds forms', { skip }, async (t) => {
  const engine = new EngineSupervisor({ execPath: process.execPath, entry: bundle('engine', 'process.js'), env: { ...process.env, LOUPE_BACKEND: 'cpu' } });
  t.after(() => engine.stop());
  assert.equal((await engine.request('backend', {})).id, 'cpu');
  const { forms } = await engine.request('forms', {});
  assert.ok(forms.some((form) => form.variant === 'topk'));
  const { config } = await engine.request('checkConfig', { kind: 'harvest', config: { model: '/m', hooks: ['hook_embed'], corpus: 'wordnet', out: '/o' } });
  assert.equal(config['contextLength'], 128);
});

test('the bundled host serves the built pages and answers, catalogs in their thread included', { skip }, async (t) => {
  const workspace = join(temporary(t), 'Loupe');
  const child = spawn(process.execPath, [bundle('cli', 'loupe.js'), 'serve', '--no-open', '--json', '--workspace', workspace], { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, LOUPE_BACKEND: 'cpu' } });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  t.after(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  const line = await new Promise<string>((resolve) => child.stdout.once('data', (data: Buffer) => resolve(String(data))));
  const { address, port } = JSON.parse(line) as { address: string; port: number };
  assert.match(await (await fetch(address)).text(), /<script type="module"/);
  const client = await TestClient.connect(port, new URL(address).hash.slice('#token='.length));
  const refused = await client.invoke('catalog.verify', { path: join(workspace, 'none.loupe') });
  assert.ok(refused.type === 'error' && refused.error.kind === 'not-found', JSON.stringify(refused));
  assert.equal((await client.invoke('workspace.list', {})).type, 'result');
  client.socket.terminate();
});
