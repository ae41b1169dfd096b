import assert from 'node:assert/strict';
import { resolve } from 'node:path';
import { test } from 'node:test';
import { Command } from 'commander';
import { command, evaluateConfigOf } from '../../../../src/cli/commands/eval.ts';
import { inProcess, resultOf } from '../../../support/command-line.ts';

function options(...argv: string[]): Readonly<Record<string, unknown>> {
  const parser = new Command().exitOverride().configureOutput({ writeErr: () => {} });
  command.configure(parser);
  return parser.parse(argv, { from: 'user' }).opts();
}

test('options become the config, with paths made absolute and defaults filled in', () => {
  assert.deepEqual(evaluateConfigOf(options('--activations', 'store', '--model', 'm.gguf', '--metrics', 'fvu,kl', '--last', '500')), {
    activations: resolve('store'), model: resolve('m.gguf'), corpus: null, hook: null, targetHook: null, metrics: 'fvu,kl', tokens: 500,
    contextLength: 128, spliceTokens: 8192, spliceBatch: 4,
  });
  const streamed = evaluateConfigOf(options('--model', 'm', '--corpus', 'wordnet', '--tokens', '64', '--context-length', '32'));
  assert.deepEqual([streamed.corpus, streamed.tokens, streamed.contextLength], ['wordnet', 64, 32]);
  assert.throws(() => evaluateConfigOf(options('--activations', 's', '--last', 'few')), { kind: 'bad-request', message: /^--last/ });
});

test('a dictionary and something to evaluate it on are required', async () => {
  assert.match((await inProcess(['eval'])).stderr, /--dictionary is missing/);
  assert.match((await inProcess(['eval', '--dictionary', 'd'])).stderr, /--activations is missing/);
});

test('the self-check passes here, without any options', async () => {
  const { ok, checks } = resultOf(await inProcess(['eval', '--self-check', '--tokens', '1024'])) as { ok: boolean; checks: { kind: string; metric: string }[] };
  assert.equal(ok, true);
  assert.deepEqual([...new Set(checks.map(({ kind }) => kind))], ['identity', 'zero', 'mean']);
  assert.ok(checks.some(({ metric }) => metric === 'lossRecovered'));
});
