import assert from 'node:assert/strict';
import { test } from 'node:test';
import { labellerById, registry } from '../../../../src/engine/labelling/registry.ts';
import { LoupeError } from '../../../../src/shared/errors.ts';

test('a labeller is found by its id; another id names those that there are', () => {
  for (const labeller of registry) assert.equal(labellerById(labeller.id), labeller);
  assert.throws(() => labellerById('rules'), (error: unknown) => error instanceof LoupeError && error.kind === 'bad-config' && /did you mean "rule"/.test(error.message));
});
