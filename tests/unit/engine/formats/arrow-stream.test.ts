import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { openArrowStream } from '../../../../src/engine/formats/arrow-stream.ts';
import { Random } from '../../../../src/engine/random.ts';
import { LoupeError } from '../../../../src/shared/errors.ts';
import { temporaryFolder } from '../../../support/temporary.ts';

const fixture = join(import.meta.dirname, '../../../fixtures/saelens-cache/data-00000-of-00002.arrow');

test('columns of nested lists are read by rows, and know their shapes', (t) => {
  const file = openArrowStream(fixture);
  t.after(() => file.close());
  assert.equal(file.rows, 3);
  const [activations, tokens] = [file.columns.get('blocks.1.hook_resid_post')!, file.columns.get('token_ids')!];
  assert.deepEqual([activations.shape, activations.leaf, tokens.shape, tokens.leaf], [[4, 3], 'float32', [4], 'int32']);
  assert.deepEqual([...file.readInt32(tokens, 2, 1)], [108, 109, 110, 111]);
  assert.deepEqual([...file.readFloat32(activations, 1, 1)].slice(0, 4), [4, 4.25, 4.5, 5]);
  assert.throws(() => file.readInt32(activations, 0, 1), { kind: 'mismatch' });
  assert.throws(() => file.readFloat32(tokens, 0, 1), { kind: 'mismatch' });
});

test('damaged files are typed errors, and never read outside themselves', (t) => {
  const path = join(temporaryFolder(t), 'a.arrow');
  const bytes = readFileSync(fixture);
  const random = Random.from(9, 'arrow');
  const damaged = [0, 4, 8, 100, 600, bytes.length - 200].map((length) => Buffer.from(bytes.subarray(0, length)));
  for (let i = 0; i < 1000; i++) {
    const changed = Buffer.from(bytes);
    changed[random.integer(bytes.length)] = random.integer(256);
    damaged.push(changed);
  }
  let refused = 0;
  for (const content of damaged) {
    writeFileSync(path, content);
    try {
      const file = openArrowStream(path);
      for (const column of file.columns.values()) {
        try {
          if (column.leaf.startsWith('float')) file.readFloat32(column, 0, file.rows);
          else file.readInt32(column, 0, file.rows);
        } finally {
          file.close();
        }
        break;
      }
    } catch (error) {
      assert.ok(error instanceof LoupeError && ['bad-file', 'unsupported'].includes(error.kind), String((error as Error).stack));
      refused++;
    }
  }
  assert.ok(refused > 100, `${refused}`);
});

test('a file that is not there is not found', () => {
  assert.throws(() => openArrowStream('/no/such.arrow'), { kind: 'not-found' });
});
