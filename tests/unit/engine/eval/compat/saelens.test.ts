import assert from 'node:assert/strict';
import { test } from 'node:test';
import { saelens618, saelens654, saelensLegacy } from '../../../../../src/engine/eval/compat/saelens.ts';
import { assertClose } from '../../../../support/closeness.ts';
import { figuresOf, floatsOf, readCases, type ReferenceCase } from '../../../../support/metric-fixtures.ts';

// The packages compute in float32, the figures here in float64.
const tolerance = 1e-5;

for (const [form, file, version] of [[saelens654, 'saelens-6.54', 'saelens 6.54.12'], [saelens618, 'saelens-6.18', 'saelens 6.18.0']] as const) {
  for (const kind of ['rectified', 'signed'] as const) {
    test(`${form.title} prints the same for ${kind} latents`, () => {
      const reference = readCases(file)[kind];
      const [ours, theirs] = [figuresOf(form, reference), reference.figures[version]!];
      assert.deepEqual(Object.keys(ours).sort(), Object.keys(theirs).sort());
      for (const [name, value] of Object.entries(theirs)) assertClose([ours[name]!], [value], tolerance, name);
    });
  }
}

test('the legacy form is that of 6.54 under its own name', () => {
  const reference = readCases('saelens-6.54').rectified;
  assert.deepEqual(figuresOf(saelensLegacy, reference), { explained_variance: figuresOf(saelens654, reference)['explained_variance_legacy'] });
});

/** The case in a unit ten times smaller. */
function tenfold(reference: ReferenceCase): ReferenceCase {
  const times = (text: string): string => Buffer.from(floatsOf(text).map((v) => 10 * v).buffer).toString('base64');
  return { ...reference, batches: reference.batches.map(({ rows, x, f, y }) => ({ rows, f, x: times(x), y: times(y) })) };
}

test('the unit of the activations changes 6.18 and not 6.54 (metrics.md section 2)', () => {
  const reference = readCases('saelens-6.54').rectified;
  const explained = (form: typeof saelens654, of: ReferenceCase): number => figuresOf(form, of)['explained_variance']!;
  assertClose([explained(saelens654, tenfold(reference))], [explained(saelens654, reference)], 1e-6);
  assert.ok(Math.abs(explained(saelens618, tenfold(reference)) - explained(saelens618, reference)) > 0.1);
});
