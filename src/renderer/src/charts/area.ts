/** Areas that are drawn on a chart: which points lie inside. Pure. */

/** Corners in the chart's own units, in order. */
export type Polygon = readonly (readonly [number, number])[];

/** The corners of a rectangle between two values of each axis. */
export function rectangle(x: readonly [number, number], y: readonly [number, number]): Polygon {
  return [[x[0], y[0]], [x[1], y[0]], [x[1], y[1]], [x[0], y[1]]];
}

/** Whether a place lies in a polygon: a ray to the right crosses its sides an odd number of times. */
export function contains(polygon: Polygon, x: number, y: number): boolean {
  let inside = false;
  for (let i = 0, j = polygon.length - 1; i < polygon.length; j = i++) {
    const [ax, ay] = polygon[i]!;
    const [bx, by] = polygon[j]!;
    if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) inside = !inside;
  }
  return inside;
}

/** The points of `points`, [n, 2], that lie in `polygon`, rising; a point that is NaN lies nowhere. */
export function pointsIn(points: ArrayLike<number>, polygon: Polygon): Int32Array {
  const found: number[] = [];
  for (let i = 0; 2 * i + 1 < points.length; i++) if (contains(polygon, points[2 * i]!, points[2 * i + 1]!)) found.push(i);
  return Int32Array.from(found);
}

/** The `k` points nearest to point `from`, itself first, nearest first. */
export function nearestPoints(points: ArrayLike<number>, from: number, k: number): Int32Array {
  const [x, y] = [points[2 * from]!, points[2 * from + 1]!];
  const squares: { index: number; square: number }[] = [];
  for (let i = 0; 2 * i + 1 < points.length; i++) {
    const square = (points[2 * i]! - x) ** 2 + (points[2 * i + 1]! - y) ** 2;
    if (Number.isFinite(square)) squares.push({ index: i, square });
  }
  squares.sort((a, b) => a.square - b.square || a.index - b.index);
  return Int32Array.from(squares.slice(0, k), ({ index }) => index);
}

const ways = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] } as const;
export type Way = keyof typeof ways;
export const isWay = (key: string): key is Way => Object.hasOwn(ways, key);

/** The point that a step from `from` in a direction leads to: the nearest within 45 degrees of it, or null at the edge. */
export function stepFrom(points: ArrayLike<number>, from: number, key: Way, scale: readonly [number, number] = [1, 1]): number | null {
  const [dx, dy] = ways[key];
  let [best, nearest] = [null as number | null, Infinity];
  for (let i = 0; 2 * i + 1 < points.length; i++) {
    const [x, y] = [(points[2 * i]! - points[2 * from]!) * scale[0], (points[2 * i + 1]! - points[2 * from + 1]!) * scale[1]];
    const along = x * dx + y * dy;
    const across = Math.abs(x * dy) + Math.abs(y * dx);
    const square = x * x + y * y;
    if (i !== from && along > 0 && across <= along && square < nearest) [best, nearest] = [i, square];
  }
  return best;
}
