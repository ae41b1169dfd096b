import assert from 'node:assert/strict';
import { test } from 'node:test';
import { followData, placeholdersOf } from '../../../../../../src/renderer/src/pages/runs/lm-form.ts';
import type { LmPlan } from '../../../../../../src/shared/schema/lm.ts';

test('tokenizer and preset follow the data, but not where somebody chose others', () => {
  assert.deepEqual(followData({ tokenizer: 'bytes', preset: 'desktop-text' }, 'chess'), { tokenizer: 'chess', preset: 'desktop-chess' });
  assert.deepEqual(followData({ tokenizer: 'chess', preset: 'desktop-chess' }, 'text'), { tokenizer: 'bytes', preset: 'desktop-text' });
  assert.deepEqual(followData({ tokenizer: 'bpe:2048', preset: 'paper-small' }, 'chess'), {});
  assert.deepEqual(followData({ tokenizer: 'bytes', preset: 'paper-small' }, '/a/b.txt'), {});
});

test('empty fields show what they stand for, of the layer too', () => {
  const plan = { sizes: { layers: 4, dModel: 192, heads: 6, context: 256, vocab: 257 }, tiedEmbeddings: true, layer: { activation: 'gelu', hidden: null } } as unknown as LmPlan;
  assert.deepEqual(placeholdersOf(plan), { layers: '4', dModel: '192', heads: '6', context: '256', tiedEmbeddings: 'true', 'layer.activation': 'gelu' });
  assert.deepEqual(placeholdersOf(null), {});
});
