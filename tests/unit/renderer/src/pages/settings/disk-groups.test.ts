import assert from 'node:assert/strict';
import { test } from 'node:test';
import { groupItems } from '../../../../../../src/renderer/src/pages/settings/disk-groups.ts';
import type { DiskItem } from '../../../../../../src/shared/schema/disk.ts';

const item = (kind: DiskItem['kind'], name: string, bytes: number, linked = false): DiskItem => ({ kind, id: name, name, path: `/${name}`, bytes, atLeast: false, modifiedAt: '', linked, heldBy: null });

test('disk use is grouped by kind: what takes most of the workspace first, linked things counted apart', () => {
  const groups = groupItems([item('model', 'big', 9000, true), item('catalog', 'a', 10), item('store', 's', 500), item('catalog', 'b', 30)]);
  assert.deepEqual(groups.map(({ kind, own, linked }) => [kind, own, linked]), [['store', 500, 0], ['catalog', 40, 0], ['model', 0, 9000]]);
  assert.deepEqual(groups[1]!.items.map(({ name }) => name), ['b', 'a']);
});
