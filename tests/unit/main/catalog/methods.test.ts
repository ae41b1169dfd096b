import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aloneMethods, readMethods, writeMethods } from '../../../../src/main/catalog/methods.ts';

test('a name is in one table only: it decides on which handle the method runs', () => {
  const names = [readMethods, writeMethods, aloneMethods].flatMap((table) => Object.keys(table));
  assert.equal(new Set(names).size, names.length);
  assert.ok(!names.includes('close'));
});
