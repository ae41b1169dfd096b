import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { test } from 'node:test';
import { checkedRegistry, registry, variantById } from '../../../../src/engine/sae/registry.ts';

test('each variant is the file of its name, with a summary and a paper', () => {
  for (const { id, summary, paper } of registry) {
    assert.ok(existsSync(resolve(import.meta.dirname, `../../../../src/engine/sae/variants/${id}.ts`)), id);
    assert.ok(summary.length > 20 && /\d{4}/.test(paper), id);
  }
});

test('two of one id are refused, and an unknown one gets the nearest', () => {
  assert.throws(() => checkedRegistry([registry[0]!, registry[0]!]), { kind: 'defect' });
  assert.throws(() => variantById('tokp'), { kind: 'bad-request', message: /did you mean topk/ });
});
