import assert from 'node:assert/strict';
import { test } from 'node:test';
import { migrations } from '../../../../../src/main/catalog/migrations/index.ts';

test('versions rise from 1 without gaps, and each says what it does', () => {
  assert.deepEqual(migrations.map(({ version }) => version), migrations.map((_, i) => i + 1));
  for (const { what } of migrations) assert.ok(what.length > 3);
});
