import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { Command } from 'commander';
import { command as steer, steerInputOf } from '../../../../src/cli/commands/steer.ts';
import { assertRefused, inProcess, resultOf } from '../../../support/command-line.ts';
import { liveHook, liveSetting } from '../../../support/live.ts';

function options(...argv: string[]): Readonly<Record<string, unknown>> {
  const parser = new Command().exitOverride().configureOutput({ writeErr: () => {} });
  steer.configure(parser);
  return parser.parse(argv, { from: 'user' }).opts();
}

test('options become what the engine is asked; what is wrong is named by its option', () => {
  const base = ['--model', 'm', '--dictionary', 'd', '--feature', '3', '--text', 'a'];
  assert.deepEqual(steerInputOf(options(...base, '--strength', '-2', '--maximum', '5', '--no-lead'), 9), {
    model: resolve('m'), dictionary: { path: resolve('d'), hook: null }, feature: 3, prompt: { text: 'a', chat: false, lead: 'none' }, unit: 'max', maximum: 5, from: 'start',
    strength: -2, newTokens: 40, temperature: 0.7, topP: 1, seed: 9,
  });
  assert.throws(() => steerInputOf(options(...base, '--temperature', 'hot'), 0), { kind: 'bad-request', message: /^--temperature: / });
  assert.throws(() => steerInputOf(options(...base, '--from', 'middle'), 0), { kind: 'bad-request', message: /^--from: / });
  assert.throws(() => steerInputOf(options(...base.slice(0, -2)), 0), { kind: 'bad-request', message: /--text is missing/ });
});

test('loupe prompt gives the strongest features of each token, of one dictionary or two', async (t) => {
  const live = liveSetting(t);
  const file = join(live.folder, 'text.txt');
  writeFileSync(file, 'A cat');
  const found = resultOf(await inProcess(['prompt', '--model', live.model, '--dictionary', live.dictionary, '--beside', live.transcoder, '--text-file', file, '--top', '3'])) as {
    dictionaries: { hooks: string[] }[]; tokens: { token: string; counted: boolean; features: { feature: number; activation: number }[][] }[];
  };
  assert.deepEqual(found.tokens.map(({ token }) => token), ['<s>', 'A', ' ', 'c', 'a', 't']);
  assert.deepEqual(found.dictionaries.map(({ hooks }) => hooks), [[liveHook], [liveHook]]);
  assert.ok(found.tokens.every(({ features }) => features.length === 2 && features.every((list) => list.length <= 3)));
  const [first] = found.tokens[3]!.features;
  assert.ok(first![0]!.activation >= first![1]!.activation && first![1]!.activation > 0);
  assertRefused(await inProcess(['prompt', '--model', live.model, '--dictionary', live.dictionary, '--text', 'x'.repeat(80)]), { kind: 'bad-request', says: [/81 tokens/, /at most 64/] });
  assertRefused(await inProcess(['prompt', '--model', live.model, '--text', 'a']), { kind: 'bad-request', says: [/--dictionary is missing/] });
});

test('loupe steer writes both texts; at strength 0 they are the same', async (t) => {
  const live = liveSetting(t);
  const base = ['steer', '--model', live.model, '--dictionary', live.dictionary, '--feature', '5', '--text', 'A cat', '--new-tokens', '6'];
  const none = resultOf(await inProcess([...base, '--strength', '0'])) as { clean: string; steered: string; textKl: number; promptKl: number };
  assert.equal(none.steered, none.clean);
  assert.deepEqual([none.textKl, none.promptKl], [0, 0]);
  const some = resultOf(await inProcess([...base, '--strength', '9'])) as { clean: string; steered: string; textKl: number; addedNorm: number };
  assert.equal(some.clean, none.clean);
  assert.ok(some.textKl > 0 && Math.abs(some.addedNorm - 9) < 1e-4);
  // the tiny model's predictions cannot be changed by a whole nat by this feature
  assertRefused(await inProcess(base), { kind: 'bad-request', says: [/--strength is missing/, /1 nat/] });
});
