import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FlatTable } from '../../../../src/engine/formats/flatbuffer.ts';

/** Root offset 16; vtable at 4 of 10 bytes with three fields: an int, a string, none. */
function buffer(): DataView {
  const view = new DataView(new ArrayBuffer(40));
  view.setUint32(0, 16, true);
  view.setUint16(4, 10, true); // vtable: its length, the table's length, then an offset a field
  view.setUint16(6, 12, true);
  view.setUint16(8, 4, true);
  view.setUint16(10, 8, true);
  view.setUint16(12, 0, true);
  view.setInt32(16, 12, true); // the vtable lies 12 bytes before the table
  view.setInt32(20, -7, true);
  view.setUint32(24, 4, true); // the string lies 4 bytes on
  view.setUint32(28, 2, true);
  view.setUint8(32, 'h'.charCodeAt(0));
  view.setUint8(33, 'i'.charCodeAt(0));
  return view;
}

test('fields are found through the vtable; absent ones have their default', () => {
  const table = new FlatTable(buffer());
  assert.equal(table.int(0), -7);
  assert.equal(table.text(1), 'hi');
  assert.deepEqual([table.int(2, 5), table.byte(9, 6), table.table(2), table.tables(2)], [5, 6, null, []]);
});

test('lengths and offsets that lead outside are range errors', () => {
  const long = buffer();
  long.setUint32(28, 1000, true);
  assert.throws(() => new FlatTable(long).text(1), RangeError);
  assert.throws(() => new FlatTable(long).tables(1), RangeError);
  const far = buffer();
  far.setUint32(0, 4000, true);
  assert.throws(() => new FlatTable(far).int(0), RangeError);
});
