import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { TestClient } from '../unit/main/transport/client.ts';
import { entryPath } from '../../src/engine/entry.ts';

const cli = entryPath('cli');
const built = existsSync(join(entryPath('renderer'), 'index.html'));
const skip = built ? false : 'the renderer has not been built (npm run build)';

function temporary(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'loupe-serve-'));
  t.after(() => rmSync(path, { recursive: true, force: true, maxRetries: 3 }));
  return join(path, 'Loupe');
}

interface Facts {
  readonly address: string;
  readonly port: number;
  readonly joined: boolean;
}

async function start(t: TestContext, workspace: string, ...args: string[]): Promise<{ child: ChildProcess; facts: Facts; ended: Promise<number | null> }> {
  const child = spawn(process.execPath, [cli, 'serve', '--no-open', '--json', '--workspace', workspace, ...args], { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, LOUPE_CHECK_OUTPUTS: '1' } });
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  t.after(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  const line = await new Promise<string>((resolve, reject) => {
    child.stdout!.once('data', (data: Buffer) => resolve(String(data)));
    child.once('exit', () => reject(new Error('it ended before it served')));
  });
  return { child, facts: JSON.parse(line) as Facts, ended };
}

const run = (...args: string[]): { status: number | null; stdout: string; stderr: string } => spawnSync(process.execPath, [cli, ...args], { encoding: 'utf8', timeout: 30_000 });
const tokenOf = (address: string): string => new URL(address).hash.slice('#token='.length);

test('serve prints where it is, answers, lets a second one join, and leaves nothing behind', { skip }, async (t) => {
  const workspace = temporary(t);
  const { child, facts, ended } = await start(t, workspace);
  const page = await fetch(facts.address);
  assert.match(await page.text(), /<script/);
  const client = await TestClient.connect(facts.port, tokenOf(facts.address));
  const answer = await client.invoke('workspace.list', {});
  assert.ok(answer.type === 'result' && (answer.output as { path: string }).path === workspace);

  const second = run('serve', '--no-open', '--json', '--workspace', workspace);
  assert.equal(second.status, 0);
  assert.deepEqual(JSON.parse(second.stdout), { address: facts.address, workspace, joined: true });
  assert.equal(second.stdout.trim().split('\n').length, 1);

  writeFileSync(join(workspace, 'x.loupe'), '');
  const third = run('studio', join(workspace, 'x.loupe'), '--browser', '--no-open', '--json', '--workspace', workspace);
  assert.match((JSON.parse(third.stdout) as Facts).address, /&\/features\?catalog=.*x\.loupe$/);
  while (!client.events.some((event) => event.name === 'catalog.requested')) await new Promise((resolve) => setTimeout(resolve, 10));

  child.kill('SIGINT');
  assert.equal(await ended, 0);
  assert.ok(!existsSync(join(workspace, '.lock')));
});

test('a workspace whose owner does not answer is refused with status 2 and the process named', { skip }, (t) => {
  const workspace = temporary(t);
  mkdirSync(workspace, { recursive: true });
  const owner = { pid: process.pid, host: hostname(), born: null, startedAt: 'then', port: null, token: 'x' };
  writeFileSync(join(workspace, '.lock'), JSON.stringify(owner));
  const { status, stderr } = run('serve', '--no-open', '--workspace', workspace);
  assert.equal(status, 2);
  assert.match(stderr, new RegExp(`in use by process ${process.pid}\\b`));
  assert.doesNotMatch(stderr, /\n\s+at /);
  assert.equal(readFileSync(join(workspace, '.lock'), 'utf8'), JSON.stringify(owner));
});

test('a server that was killed leaves a workspace that the next one takes over', { skip }, async (t) => {
  const workspace = temporary(t);
  const { child, ended } = await start(t, workspace);
  child.kill('SIGKILL');
  await ended;
  assert.ok(existsSync(join(workspace, '.lock')));
  const next = await start(t, workspace);
  assert.equal(next.facts.joined, false);
});

test('a port that is taken, and one that is none, are refused with status 2', { skip }, async (t) => {
  const { facts } = await start(t, temporary(t));
  const taken = run('serve', '--no-open', '--port', String(facts.port), '--workspace', temporary(t));
  assert.equal(taken.status, 2);
  assert.match(taken.stderr, /--port/);
  for (const port of ['http', '70000', '-1']) assert.equal(run('serve', '--no-open', `--port=${port}`, '--workspace', temporary(t)).status, 2, port);
});
