import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { WeightSource } from '../../../../src/engine/lm/definition.ts';
import { hashTensors, modelHash } from '../../../../src/engine/lm/identity.ts';

const folder = mkdtempSync(join(tmpdir(), 'loupe-identity-'));
after(() => rmSync(folder, { recursive: true, force: true }));

let reads = 0;
function source(tensors: Record<string, number[]>, shape = [2]): WeightSource {
  return {
    format: 'gguf', path: join(folder, 'model.gguf'), shapes: new Map(Object.keys(tensors).map((name) => [name, shape])),
    read: () => undefined, dtype: () => 'F32', bytes: (name) => (reads++, [Uint8Array.from(tensors[name]!)]), close: () => undefined,
  };
}

test('the hash depends on names, shapes and bytes, and not on their order', () => {
  const hash = hashTensors(source({ a: [1, 2], b: [3, 4] }));
  assert.match(hash, /^[0-9a-f]{64}$/u);
  assert.equal(hashTensors(source({ b: [3, 4], a: [1, 2] })), hash);
  for (const other of [source({ a: [1, 2], b: [3, 5] }), source({ a: [1, 2], c: [3, 4] }), source({ a: [1, 2], b: [3, 4] }, [1, 2])]) assert.notEqual(hashTensors(other), hash);
});

test('a hash is remembered until the file changes, and a damaged memory is forgotten', () => {
  const file = join(folder, 'model.gguf');
  const cache = join(folder, 'cache');
  writeFileSync(file, 'one');
  const first = modelHash(source({ a: [1, 2] }), [file], cache);
  reads = 0;
  assert.equal(modelHash(source({ a: [1, 2] }), [file], cache), first);
  assert.equal(reads, 0);
  writeFileSync(file, 'another size');
  assert.notEqual(modelHash(source({ a: [9, 9] }), [file], cache), first);
  assert.equal(reads, 1);
  assert.equal(Object.keys(JSON.parse(readFileSync(join(cache, 'model-hashes.json'), 'utf8')) as object).length, 1);
  writeFileSync(join(cache, 'model-hashes.json'), '{"x":');
  assert.equal(modelHash(source({ a: [1, 2] }), [file], cache), first);
});
