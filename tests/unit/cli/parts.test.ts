import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { opener } from '../../../src/cli/browser.ts';
import { parsePort, withCatalog } from '../../../src/cli/commands/serve.ts';
import { electronBinary } from '../../../src/cli/electron.ts';
import { leadingWords } from '../../../src/cli/globals.ts';
import { duration, progressLine } from '../../../src/cli/output.ts';
import { entryPath } from '../../../src/engine/entry.ts';
import type { LoupeError } from '../../../src/shared/errors.ts';

const url = (path: string): string => JSON.stringify(new URL(`../../../src/${path}`, import.meta.url).href);

test('what libraries print goes to stderr; stdout holds the result alone', () => {
  const code = `
    import { captureOutput } from ${url('cli/output.ts')};
    import { run } from ${url('cli/run.ts')};
    const output = captureOutput();
    const command = { name: 'x', summary: 'x', configure: () => {}, run: async () => {
      console.log('chatter'); process.stdout.write('more chatter\\n');
      return { json: { a: 1 }, text: 'a is 1' };
    } };
    await run(['x', '--json'], output, new AbortController().signal, [{ name: 'x', summary: 'x', load: async () => ({ command }) }]);
  `;
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', code], { encoding: 'utf8' });
  assert.equal(stdout, '{"a":1}\n');
  assert.match(stderr, /chatter\nmore chatter\n/);
});

test('the program itself: help on stdout, bad input with status 2 and no stack', () => {
  const cli = (...args: string[]): ReturnType<typeof spawnSync> => spawnSync(process.execPath, [entryPath('cli'), ...args], { encoding: 'utf8' });
  const help = cli('--help');
  assert.equal(help.status, 0);
  assert.match(String(help.stdout), /serve/);
  const bad = cli('serv');
  assert.equal(bad.status, 2);
  assert.equal(bad.stdout, '');
  assert.equal(String(bad.stderr).trim().split('\n').length, 1);
});

test('the words of the name are found among global options, not among values', () => {
  assert.deepEqual(leadingWords(['--seed', '5', 'catalog', '--json', 'info', 'x'], 2).words, ['catalog', 'info']);
  assert.deepEqual(leadingWords(['train', '--steps', '5'], 2).words, ['train']);
  assert.deepEqual(leadingWords(['--workspace=/a', '--', 'x'], 2).words, []);
});

test('progress is one line of words and figures', () => {
  const line = progressLine({ phase: 'train', step: 1200, total: 4800, tokensPerSecond: 18_500, etaSeconds: 200, metrics: { fvu: 0.18123, dead: null }, message: null });
  assert.equal(line, 'train  1,200/4,800  25 %  18.5 k tokens/s  fvu 0.1812  3 min 20 s left');
  assert.deepEqual([0, 59.6, 3599, 3600, 7260].map(duration), ['0 s', '1 min 00 s', '59 min 59 s', '1 h 00 min', '2 h 01 min']);
});

test('a port is a whole number that exists', () => {
  assert.equal(parsePort(undefined), 0);
  assert.equal(parsePort('8080'), 8080);
  for (const bad of ['', 'x', '70000', '-1', '1.5', '0x10']) assert.throws(() => parsePort(bad), (e: LoupeError) => e.kind === 'bad-request', bad);
});

test('an address is opened as one argument, never through a shell', () => {
  const address = 'http://127.0.0.1:1/#token=a&/features?catalog=%2Fx';
  for (const platform of ['linux', 'darwin', 'win32'] as const) {
    const [program, args] = opener(address, platform);
    assert.ok(!/sh$|cmd/.test(program));
    assert.ok(args.includes(address));
  }
  assert.equal(withCatalog('http://h/#token=t', '/a b.loupe'), 'http://h/#token=t&/features?catalog=%2Fa%20b.loupe');
});

test('Electron is found where its package says, or where the variable says, and else is absent', (t) => {
  const root = mkdtempSync(join(tmpdir(), 'loupe-electron-'));
  t.after(() => rmSync(root, { recursive: true, force: true }));
  assert.equal(electronBinary({}, root), null);
  const folder = join(root, 'node_modules', 'electron');
  mkdirSync(join(folder, 'dist'), { recursive: true });
  writeFileSync(join(folder, 'path.txt'), 'electron');
  assert.equal(electronBinary({}, root), null);
  writeFileSync(join(folder, 'dist', 'electron'), '');
  assert.equal(electronBinary({}, root), join(folder, 'dist', 'electron'));
  assert.equal(electronBinary({ LOUPE_ELECTRON: join(folder, 'path.txt') }, root), join(folder, 'path.txt'));
  assert.equal(electronBinary({ LOUPE_ELECTRON: '/no/such' }, root), null);
});
