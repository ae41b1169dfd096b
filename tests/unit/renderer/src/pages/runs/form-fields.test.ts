import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { fieldOfMessage, fieldsOf, initialText, parseField, rangeText, readForm } from '../../../../../../src/renderer/src/pages/runs/form-fields.ts';

const schema = z.strictObject({
  model: z.string().min(1).meta({ description: 'Model on disk' }),
  k: z.number().int().min(1).max(4096).default(32).meta({ description: 'Latents kept', unit: 'latents' }),
  lr: z.number().positive().max(1).default(8e-4),
  steps: z.number().int().default(600),
  clip: z.boolean().default(false),
  dtype: z.enum(['float16', 'float32']).default('float16'),
  hooks: z.array(z.string()).min(1),
  seedName: z.string().nullable().default(null),
  optimizer: z.strictObject({ beta1: z.number().default(0.9) }),
  odd: z.record(z.string(), z.number()).optional(),
});
const fields = fieldsOf(z.toJSONSchema(schema, { io: 'input' }) as Record<string, unknown>);
const field = (key: string) => fields.find((entry) => entry.key === key)!;

test('each property is a field of its kind; nested objects are flattened', () => {
  assert.deepEqual(fields.map(({ key, kind }) => `${key} ${kind}`), [
    'model text', 'k integer', 'lr number', 'steps integer', 'clip flag', 'dtype choice', 'hooks list', 'seedName text', 'optimizer.beta1 number', 'odd json',
  ]);
});

test('description, unit, default and range come from the schema; no range is invented', () => {
  assert.deepEqual([field('k').description, field('k').unit, field('k').fallback, rangeText(field('k'))], ['Latents kept', 'latents', 32, '1 to 4,096']);
  assert.equal(rangeText(field('lr')), 'more than 0, at most 1');
  assert.equal(rangeText(field('steps')), '');
  assert.equal(field('model').required, true);
  assert.equal(field('k').required, false);
  assert.equal(field('seedName').nullable, true);
});

test('fields that name something of the workspace offer it', () => {
  assert.deepEqual([field('model').pick, field('hooks').pick, field('k').pick], ['model', 'hook', null]);
});

test('text becomes a value, or says what is wrong with it', () => {
  assert.deepEqual(parseField(field('k'), '64'), { value: 64 });
  assert.deepEqual(parseField(field('k'), '1,024'), { value: 1024 });
  assert.deepEqual(parseField(field('k'), '1.5'), { error: 'k must be a whole number, not 1.5.' });
  assert.deepEqual(parseField(field('k'), '5000'), { error: 'k must be at most 4,096.' });
  assert.deepEqual(parseField(field('lr'), '0'), { error: 'lr must be more than 0.' });
  assert.deepEqual(parseField(field('lr'), '8e-4'), { value: 8e-4 });
  assert.deepEqual(parseField(field('lr'), 'fast'), { error: '"fast" is no number.' });
  assert.deepEqual(parseField(field('clip'), 'true'), { value: true });
  assert.deepEqual(parseField(field('dtype'), 'int4'), { error: 'dtype must be one of float16, float32.' });
  assert.deepEqual(parseField(field('hooks'), 'a, b'), { value: ['a', 'b'] });
  assert.deepEqual(parseField(field('odd'), '{"x": 1}'), { value: { x: 1 } });
  assert.ok('error' in parseField(field('odd'), '{x'));
});

test('an empty field is left out, unless it is needed', () => {
  assert.deepEqual(parseField(field('k'), ' '), { left: true });
  assert.deepEqual(parseField(field('seedName'), ''), { left: true });
  assert.deepEqual(parseField(field('model'), ''), { error: 'A value is needed.' });
});

test('a filled form is a config that its schema accepts', () => {
  const texts = { ...Object.fromEntries(fields.map((entry) => [entry.key, initialText(entry, undefined)])), model: '/m', hooks: 'blocks.9.hook_resid_post' };
  const { config, errors } = readForm(fields, texts);
  assert.deepEqual(errors, {});
  assert.deepEqual(schema.parse(config), schema.parse({ model: '/m', hooks: ['blocks.9.hook_resid_post'], optimizer: {} }));
});

test('a value of an earlier run goes before the default', () => {
  assert.equal(initialText(field('k'), 64), '64');
  assert.equal(initialText(field('hooks'), ['a', 'b']), 'a, b');
  assert.equal(initialText(field('seedName'), undefined), '');
});

test('an error of the host is shown at the field that it names first', () => {
  assert.equal(fieldOfMessage(fields, 'k: must be at most dSae (16), not 32'), 'k');
  assert.equal(fieldOfMessage(fields, 'there is no folder "x" (model)'), 'model');
  assert.equal(fieldOfMessage(fields, 'the disk is full'), null);
});

test('a schema that is not understood gives fields of JSON, and no schema gives none', () => {
  assert.deepEqual(fieldsOf({ properties: { strange: { oneOf: [{}, {}] }, broken: 3 } }).map(({ key, kind }) => `${key} ${kind}`), ['strange json']);
  assert.deepEqual(fieldsOf({}), []);
});

test('a schema may name groups, offers and things of the workspace; a flag that may be left empty has three states', () => {
  const more = fieldsOf(z.toJSONSchema(z.strictObject({
    data: z.string().meta({ group: 'Data', pick: 'corpus', examples: ['text', 'chess'] }),
    tied: z.boolean().nullable().default(null).meta({ unit: '1' }),
    layer: z.strictObject({ biases: z.boolean().nullable().optional() }).default({}).meta({ group: 'Layer' }),
  }), { io: 'input' }) as Record<string, unknown>);
  assert.deepEqual(more.map(({ key, kind, group, pick }) => [key, kind, group, pick]), [['data', 'text', 'Data', 'corpus'], ['tied', 'choice', '', null], ['layer.biases', 'choice', 'Layer', null]]);
  assert.equal(more[1]!.unit, '');
  assert.deepEqual(more[0]!.suggestions, ['text', 'chess']);
  assert.deepEqual([initialText(more[2]!, undefined), parseField(more[2]!, ''), parseField(more[2]!, 'false')], ['', { left: true }, { value: false }]);
});
