/** Every kind of layer. A kind is one file in this folder and one line here; its id is its name everywhere (docs/add-a-layer.md). */
import { LoupeError, nearestName } from '../../../shared/errors.ts';
import type { AnyLayerKind } from './definition.ts';
import { crate } from './crate.ts';
import { dense } from './dense.ts';
import { moeX } from './moe-x.ts';
import { monetHd, monetVd } from './monet.ts';
import { switchMoe } from './switch.ts';

/** Refuses two kinds of one id: kind defect, when the module is loaded. */
export function checkedKinds(list: readonly AnyLayerKind[]): readonly AnyLayerKind[] {
  const seen = new Set<string>();
  for (const { id } of list) {
    if (seen.has(id)) throw new LoupeError('defect', `two kinds of layer are called "${id}"`);
    seen.add(id);
  }
  return list;
}

export const layerKinds = checkedKinds([
  dense,
  switchMoe,
  moeX,
  monetHd,
  monetVd,
  crate,
]);

/** Kind bad-request for an unknown id, with the nearest and the list. */
export function layerKindById(id: string): AnyLayerKind {
  const found = layerKinds.find((kind) => kind.id === id);
  if (found !== undefined) return found;
  const names = layerKinds.map((kind) => kind.id);
  const near = nearestName(id, names);
  throw new LoupeError('bad-request', `there is no architecture "${id}"${near === undefined ? '' : `; did you mean ${near}?`} The architectures: ${names.join(', ')}`);
}
