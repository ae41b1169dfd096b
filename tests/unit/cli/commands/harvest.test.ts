import assert from 'node:assert/strict';
import { resolve } from 'node:path';
import { test } from 'node:test';
import { Command } from 'commander';
import { command, harvestConfigOf } from '../../../../src/cli/commands/harvest.ts';

function options(...argv: string[]): Readonly<Record<string, unknown>> {
  const parser = new Command().exitOverride().configureOutput({ writeErr: () => {} });
  command.configure(parser);
  return parser.parse(argv, { from: 'user' }).opts();
}

const needed = ['--model', 'm.gguf', '--corpus', 'wordnet', '--out', 'store'];

test('options become the config, with paths made absolute and defaults filled in', () => {
  const config = harvestConfigOf(options(...needed, '--hook', 'blocks.1.hook_resid_post', '--hook', 'hook_embed', '--tokens', '1000', '--isolate'), 7);
  assert.deepEqual(config, {
    model: resolve('m.gguf'), hooks: ['blocks.1.hook_resid_post', 'hook_embed'], corpus: 'wordnet', out: resolve('store'), tokens: 1000, contextLength: 128,
    batch: 16, dtype: 'float16', isolate: true, shuffle: 'auto', field: 'text', unit: 'block', badLines: 'skip', conversations: false, gradients: false,
    seed: 7, shardMegabytes: 256,
  });
});

test('a wrong value is refused by the name of its option', () => {
  const bad = (...argv: string[]): void => { harvestConfigOf(options(...needed, '--hook', 'h', ...argv), 0); };
  assert.throws(() => bad('--context-length', '1'), { kind: 'bad-request', message: /^--context-length: / });
  assert.throws(() => bad('--tokens', 'many'), { kind: 'bad-request', message: /^--tokens: / });
  assert.throws(() => bad('--dtype', 'int8'), { kind: 'bad-request', message: /^--dtype: .*float16/ });
  assert.throws(() => bad('--tokens', '100'), { kind: 'bad-request', message: /--tokens: must be at least one context/ });
  assert.throws(() => bad('--hook', 'h'), { kind: 'bad-request', message: /--hook: names a hook twice/ });
});

test('model, hook, corpus and out are required', () => {
  assert.throws(() => options('--model', 'm', '--corpus', 'c', '--out', 'o'), /--hook/);
});
