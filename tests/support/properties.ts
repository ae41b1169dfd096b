/** Random properties of positions and units that fire on them at random. */
import type { PropertyTable, UnitCodes } from '../../src/engine/eval/property-coverage.ts';
import type { Random } from '../../src/engine/random.ts';

export function randomTable(positions: number, count: number, share: number, random: Random): PropertyTable {
  const [starts, properties] = [new Int32Array(positions + 1), [] as number[]];
  for (let position = 0; position < positions; position++) {
    for (let g = 0; g < count; g++) if (random.uniform() < share) properties.push(g);
    starts[position + 1] = properties.length;
  }
  return { count, starts, properties: Int32Array.from(properties) };
}

export function holds({ starts, properties }: PropertyTable, position: number, g: number): boolean {
  return properties.subarray(starts[position]!, starts[position + 1]!).includes(g);
}

/** Fires with the value that `of` gives, where that is above 0. */
export function unitOf(positions: number, of: (position: number) => number): UnitCodes {
  const values = Array.from({ length: positions }, (_, position) => of(position));
  const firing = [...values.keys()].filter((position) => values[position]! > 0);
  return { positions: Int32Array.from(firing), values: Float32Array.from(firing, (position) => values[position]!) };
}
