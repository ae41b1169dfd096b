import assert from 'node:assert/strict';
import { test } from 'node:test';
import { jsonSchema } from '../../../../../src/engine/json-schema.ts';
import { layerKinds } from '../../../../../src/engine/lm/layers/registry.ts';
import { lmTrainConfigSchema } from '../../../../../src/engine/lm/training/config.ts';
import { hiddenFields, lmTrainFormSchema } from '../../../../../src/engine/lm/training/form.ts';

interface Field { readonly description?: string; readonly group?: string; readonly default?: unknown; readonly anyOf?: readonly object[]; readonly type?: string | readonly string[]; readonly enum?: readonly string[]; readonly examples?: readonly string[]; readonly properties?: Readonly<Record<string, Field>> }

for (const kind of layerKinds) {
  test(`${kind.id}: the form has every field of a run and of the layer, described, in a group; the layer's may be left empty`, () => {
    assert.deepEqual(hiddenFields(), []);
    const schema = lmTrainFormSchema(kind);
    const { properties } = jsonSchema(schema) as { properties: Record<string, Field> };
    for (const [name, field] of Object.entries(properties)) {
      if (name !== 'layer') assert.ok((field.description ?? '') !== '', name);
      if (name !== 'arch') assert.ok((field.group ?? '') !== '', name);
    }
    const own = properties['layer']!.properties!;
    assert.deepEqual(Object.keys(own), Object.keys(kind.config.shape));
    for (const [name, field] of Object.entries(own)) assert.ok((field.description ?? '') !== '' && field.default === undefined && (field.anyOf !== undefined || field.type?.includes('null') === true), name);
    assert.ok(properties['preset']!.enum!.includes('desktop-chess') && properties['data']!.examples!.includes('text'));
    // What the form sends when nothing was typed is a config.
    assert.equal(lmTrainConfigSchema.parse({ ...schema.parse({ out: 'x' }), out: 'x' }).arch, kind.id);
  });
}
