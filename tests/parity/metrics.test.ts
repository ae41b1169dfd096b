/** The compat forms and the downstream figures beside what the installed SAELens, dictionary_learning and sparsify print now. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { dictionaryLearning } from '../../src/engine/eval/compat/dictionary-learning.ts';
import { saelens654 } from '../../src/engine/eval/compat/saelens.ts';
import { sparsify } from '../../src/engine/eval/compat/sparsify.ts';
import { assertClose } from '../support/closeness.ts';
import { readDownstream, readCases, figuresOf } from '../support/metric-fixtures.ts';
import type { DownstreamReference, ReferenceCases } from '../support/metric-fixtures.ts';
import { runPython } from './python.ts';

const script = 'metrics_reference.py';

test('each package prints what its compat form gives', async () => {
  const cases = JSON.parse(await runPython(script, 'reconstruction')) as ReferenceCases;
  for (const [kind, reference] of Object.entries(cases)) {
    for (const [name, theirs] of Object.entries(reference.figures)) {
      const form = name.startsWith('saelens') ? saelens654 : name === 'sparsify' ? sparsify : dictionaryLearning;
      const ours = figuresOf(form, reference);
      assert.deepEqual(Object.keys(ours).sort(), Object.keys(theirs).sort(), `${kind}, ${name}`);
      for (const [figure, value] of Object.entries(theirs)) assertClose([ours[figure]!], [value], 1e-5, `${kind}, ${name}: ${figure}`);
    }
  }
});

test('the fixtures of npm test are what the packages print', async () => {
  const cases = JSON.parse(await runPython(script, 'reconstruction')) as ReferenceCases;
  const kept = readCases('saelens-6.54');
  for (const kind of ['rectified', 'signed'] as const) {
    for (const [name, figures] of Object.entries(cases[kind].figures)) assertClose(Object.values(figures), Object.values(kept[kind].figures[name]!), 1e-5, name);
  }
  const downstream = JSON.parse(await runPython(script, 'downstream', join(import.meta.dirname, '../../resources/tiny-llama'))) as DownstreamReference;
  assertClose(Object.values(downstream.figures), Object.values(readDownstream().figures), 1e-4, 'downstream');
});
