import { test } from 'node:test';
import { sparsify } from '../../../../../src/engine/eval/compat/sparsify.ts';
import { assertClose } from '../../../../support/closeness.ts';
import { figuresOf, readCases } from '../../../../support/metric-fixtures.ts';

test('sparsify prints the same FVU', () => {
  const reference = readCases('saelens-6.54').rectified;
  assertClose([figuresOf(sparsify, reference)['fvu']!], [reference.figures['sparsify']!['fvu']!], 1e-5);
});
