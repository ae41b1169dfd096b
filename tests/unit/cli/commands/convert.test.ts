import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { assertRefused, inProcess, resultOf } from '../../../support/command-line.ts';
import { casePath } from '../../../support/dictionaries.ts';
import { temporaryFolder } from '../../../support/temporary.ts';

test('convert names both formats, the sizes and how far the result is from the source', async (t) => {
  const destination = join(temporaryFolder(t), 'd');
  const { from, to, form, dSae, difference, destination: made } = resultOf(await inProcess(['convert', casePath('dictionary-learning-batchtopk'), destination, '--to', 'saelens']));
  assert.deepEqual({ from, to, form, dSae, difference, made }, { from: 'dictionary-learning', to: 'saelens', form: 'jumprelu', dSae: 10, difference: { latents: 0, reconstruction: 0 }, made: destination });
});

test('a wrong layout, and a function that the target cannot hold, are refused', async (t) => {
  const destination = join(temporaryFolder(t), 'd');
  assertRefused(await inProcess(['convert', casePath('sparsify-topk'), destination, '--to', 'saelens', '--layout', 'square']), { kind: 'bad-request', says: [/--layout is "square"/] });
  assertRefused(await inProcess(['convert', casePath('sparsify-topk'), destination, '--to', 'gemma-scope']), { kind: 'unsupported', says: [/Gemma Scope cannot hold/] });
});
