import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { generateGames, type GenerateOptions } from '../../../../src/engine/chess/generate.ts';
import { selfPlayDefaults } from '../../../../src/engine/chess/self-play.ts';
import { splitTranscript } from '../../../../src/engine/chess/transcript.ts';

const folder = mkdtempSync(join(tmpdir(), 'loupe-chess-'));
after(() => rmSync(folder, { recursive: true }));
const engine = { program: process.execPath, args: [join(import.meta.dirname, '../../../support/uci-engine.mjs')] };
const options = (name: string, changes: Partial<GenerateOptions> = {}): GenerateOptions => ({
  path: join(folder, name), games: 12, seed: 1, settings: { ...selfPlayDefaults, nodes: [1, 1], characters: 160 }, engine, workers: 2,
  signal: new AbortController().signal, progress: () => {}, ...changes,
});
const text = (name: string): string => readFileSync(join(folder, name), 'utf8');

test('the file depends on the seed alone, not on how many engines are at work', async () => {
  const two = await generateGames(options('two.txt'));
  const one = await generateGames(options('one.txt', { workers: 1 }));
  assert.equal(text('one.txt'), text('two.txt'));
  assert.equal(one.sha256, two.sha256);
  assert.deepEqual([one.games, one.engine, existsSync(join(folder, 'one.txt.partial'))], [12, 'Stand-in 1', false]);
  assert.notEqual((await generateGames(options('other.txt', { seed: 2 }))).sha256, one.sha256);
});

test('stopped, it goes on where it was and ends with the same file', async () => {
  const stop = new AbortController();
  await assert.rejects(generateGames(options('broken.txt', { workers: 1, signal: stop.signal, progress: (done) => { if (done === 5) stop.abort(); } })), { kind: 'cancelled', message: /5 of 12/ });
  assert.equal(existsSync(join(folder, 'broken.txt')), false);
  const seen: number[] = [];
  await generateGames(options('broken.txt', { progress: (done) => seen.push(done) }));
  assert.ok(seen[0]! >= 5, `${seen[0]}`);
  assert.equal(text('broken.txt'), text('two.txt'));
});

test('short games and those that begin as another are counted and left out', async () => {
  const report = await generateGames(options('short.txt', { engine: null, games: 4, settings: { ...selfPlayDefaults, characters: 130 } }));
  assert.ok(text('short.txt').trim().split('\n').every((game) => splitTranscript(game).length >= 20));
  assert.equal(report.played, report.games + report.short + report.duplicates);
  await assert.rejects(generateGames(options('none.txt', { games: 0 })), { kind: 'bad-request' });
});

