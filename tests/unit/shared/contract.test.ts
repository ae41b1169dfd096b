import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { commands, events } from '../../../src/shared/contract.ts';
import { tensorSchema, vector } from '../../../src/shared/schema/tensor.ts';

test('every command refuses unknown keys, and every output and event is an object', () => {
  for (const [name, command] of Object.entries(commands)) {
    assert.ok(!command.input.safeParse({ surprise: 1 }).success, name);
    assert.ok(command.output instanceof z.ZodObject, name);
  }
  for (const [name, payload] of Object.entries(events)) assert.ok(payload instanceof z.ZodObject, name);
});

test('no payload holds nested number arrays: tensors cross as tensors', () => {
  const nested: string[] = [];
  const visit = (schema: unknown, path: string): void => {
    if (schema instanceof z.ZodOptional || schema instanceof z.ZodNullable) visit(schema.unwrap(), path);
    if (schema instanceof z.ZodObject) for (const [key, value] of Object.entries(schema.shape)) visit(value, `${path}.${key}`);
    if (schema instanceof z.ZodArray) {
      const inner = schema.element;
      if (inner instanceof z.ZodArray && inner.element instanceof z.ZodNumber) nested.push(path);
      visit(inner, `${path}[]`);
    }
  };
  for (const [name, command] of Object.entries(commands)) visit(command.output, name);
  assert.deepEqual(nested, []);
});

test('a tensor whose data does not fit its shape is refused', () => {
  assert.ok(tensorSchema.safeParse(vector(new Float32Array(6), [2, 3])).success);
  assert.ok(!tensorSchema.safeParse({ dtype: 'float32', shape: [2, 4], data: new Float32Array(6) }).success);
  assert.ok(!tensorSchema.safeParse({ dtype: 'float32', shape: [6], data: new Int32Array(6) }).success);
  assert.ok(!tensorSchema.safeParse({ dtype: 'constructor', shape: [0], data: [] }).success);
});

test('a run id cannot leave the runs folder', () => {
  for (const id of ['../x', 'a/b', '', '.', 'a\0']) assert.ok(!commands['jobs.get'].input.safeParse({ id }).success, id);
  assert.ok(commands['jobs.get'].input.safeParse({ id: '2026-11-23_train-1' }).success);
});
