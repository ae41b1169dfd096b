/** Columns of lists: what another reader of Parquet gives back, over row groups, empty lists, codes of any size and every width of bits. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } from 'hyparquet';
import { Random } from '../../../../../src/engine/random.ts';
import { packBits } from '../../../../../src/main/share/export/parquet-lists.ts';
import { withParquetTable } from '../../../../../src/main/share/export/parquet-table.ts';
import type { ParquetColumn, ParquetValue } from '../../../../../src/main/share/export/parquet-table.ts';
import type { Coded } from '../../../../../src/main/share/export/parquet-words.ts';
import { temporaryFolder } from '../../../../support/temporary.ts';

async function back(path: string, columns: Record<string, ParquetColumn>, rows: readonly ParquetValue[][]): Promise<{ rows: Record<string, unknown>[]; groups: number }> {
  withParquetTable(path, columns, (table) => rows.forEach((row) => table.add(row)));
  const file = await asyncBufferFromFile(path);
  return { rows: await parquetReadObjects({ file }), groups: (await parquetMetadataAsync(file)).row_groups.length };
}

describe('lists', () => {
  test('of every type, empty ones among them, come back as they were', async (t) => {
    const rows: ParquetValue[][] = [
      [1, ['a', '', 'é\uD800', 'a'], Int32Array.of(1, -2), Uint32Array.of(0, 4294967295), Float32Array.of(0.5, -1)], [2, [], [], [], []], [3, [], [], [], []],
      [4, ['b'], [7], [3], [2]], [5, Array.from({ length: 300 }, (_, i) => `w${i}`), new Int32Array(300), [], new Float32Array(1000)],
    ];
    const columns = { id: { type: 'int' }, text: { type: 'text', list: true }, int: { type: 'int', list: true }, long: { type: 'long', list: true }, float: { type: 'float', list: true } } as const;
    const { rows: found } = await back(join(temporaryFolder(t), 'a.parquet'), columns, rows);
    const wanted = rows.map(([id, text, int, long, float]) => ({
      id, text: (text as string[]).map((word) => word.toWellFormed()), int: [...(int as number[])], long: [...(long as number[])].map(BigInt), float: [...(float as number[])],
    }));
    assert.deepEqual(found, wanted);
  });

  test('nothing but empty lists', async (t) => {
    const { rows } = await back(join(temporaryFolder(t), 'a.parquet'), { text: { type: 'text', list: true }, float: { type: 'float', list: true } }, [[[], []], [[], { length: 0, write: () => {} }]]);
    assert.deepEqual(rows, [{ text: [], float: [] }, { text: [], float: [] }]);
  });

  test('codes: below 0, huge, and of another meaning in the next row', async (t) => {
    const one = (code: number): string => `one ${code}`;
    const two = (code: number): string => (code === 5 ? 'one 5' : `two ${code}`);
    const lists = [[0, -1, 5, 2 ** 31 - 1, -(2 ** 31), 0], [5, 5, 1 << 20, (1 << 20) - 1, -(1 << 20), 1 - (1 << 20)], [70_000, 5]];
    const rows = lists.flatMap((codes) => [one, two].map((text) => [{ codes: Int32Array.from([9, ...codes, 9]), from: 1, to: 1 + codes.length, text }]));
    const { rows: found } = await back(join(temporaryFolder(t), 'a.parquet'), { words: { type: 'text', list: true } }, rows);
    assert.deepEqual(found.map((row) => row['words']), lists.flatMap((codes) => [codes.map(one), codes.map(two)]));
  });

  test('more rows and more values than a row group holds', async (t) => {
    const random = Random.from(3, 'lists');
    const text = (code: number): string => ` w${code}`;
    const coded = (codes: Int32Array): Coded => ({ codes, from: 0, to: codes.length, text });
    const rows = Array.from({ length: 40_000 }, (_, i) => [i, coded(Int32Array.from({ length: random.integer(5) }, () => random.integer(500)))] as [number, Coded]);
    rows.push([40_000, coded(new Int32Array(3_000_000).fill(499))], [40_001, coded(Int32Array.of(2))]);
    const { rows: found, groups } = await back(join(temporaryFolder(t), 'a.parquet'), { id: { type: 'int' }, words: { type: 'text', list: true } }, rows);
    assert.equal(groups, 4);
    assert.equal((found[40_000]!['words'] as string[]).length, 3_000_000);
    found.splice(40_000, 1);
    rows.splice(40_000, 1);
    assert.deepEqual(found, rows.map(([id, { codes }]) => ({ id, words: Array.from(codes, text) })));
  });
});

test('bits of every width lie the lowest first, in whole groups of eight', () => {
  assert.deepEqual([...packBits(Int32Array.of(0, 1, 2, 3, 4, 5, 6, 7), 8, 3)], [0x88, 0xc6, 0xfa]);
  const random = Random.from(4, 'bits');
  for (let width = 1; width <= 24; width++) {
    const values = Int32Array.from({ length: 29 }, () => random.integer(2 ** width));
    const packed = packBits(values, 29, width);
    assert.equal(packed.length, 4 * width);
    let whole = 0n;
    packed.forEach((byte, i) => { whole |= BigInt(byte) << BigInt(8 * i); });
    values.forEach((value, i) => assert.equal(Number((whole >> BigInt(i * width)) & ((1n << BigInt(width)) - 1n)), value, `width ${width}`));
  }
});
