import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dictionaryLearning } from '../../../../../src/engine/eval/compat/dictionary-learning.ts';
import { assertClose } from '../../../../support/closeness.ts';
import { figuresOf, readCases } from '../../../../support/metric-fixtures.ts';

for (const kind of ['rectified', 'signed'] as const) {
  test(`dictionary_learning prints the same for ${kind} latents`, () => {
    const reference = readCases('saelens-6.54')[kind];
    const [ours, theirs] = [figuresOf(dictionaryLearning, reference), reference.figures['dictionary_learning']!];
    assert.deepEqual(Object.keys(ours).sort(), Object.keys(theirs).sort());
    for (const [name, value] of Object.entries(theirs)) assertClose([ours[name]!], [value], 1e-5, name);
  });
}
