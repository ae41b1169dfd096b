import assert from 'node:assert/strict';
import { test } from 'node:test';
import { jobForms } from '../../../src/engine/forms.ts';
import { layerKinds } from '../../../src/engine/lm/layers/registry.ts';
import { registry } from '../../../src/engine/sae/registry.ts';
import { jobFormSchema } from '../../../src/shared/schema/job.ts';

interface Form {
  readonly additionalProperties: boolean;
  readonly properties: Record<string, { description?: string }>;
}

test('there is a form for the harvest, for each variant, for the sweep, for each kind of layer and for a study of sparsity, each field with a description', async () => {
  const forms = await jobForms();
  assert.deepEqual(forms.map((form) => form.variant), [null, ...registry.map((variant) => variant.id), null, ...layerKinds.map((kind) => kind.id), null]);
  assert.deepEqual([forms[0]!.kind, forms.at(-2)!.kind, forms.at(-1)!.kind], ['harvest', 'lm-train', 'lm-sparsity']);
  for (const form of forms) {
    assert.ok(jobFormSchema.safeParse(form).success);
    const { additionalProperties, properties } = form.schema as unknown as Form;
    assert.equal(additionalProperties, false);
    for (const [name, field] of Object.entries(properties)) if (name !== 'layer') assert.ok((field.description ?? '').length > 0, `${form.variant ?? form.kind}.${name}`);
  }
});
