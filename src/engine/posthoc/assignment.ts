/** The best one-to-one assignment of rows to columns (Hungarian method; shortest augmenting paths as Jonker and Volgenant 1987). */
import { LoupeError } from '../../shared/errors.ts';

/** Rows times columns at most: a matrix of 512 MiB in float32. */
const mostEntries = 2 ** 27;

/** What one augmentation holds beside the duals. */
interface Search {
  /** Of the row at which the alternating path to each column arrives; float64 and int32, [columns]. */
  readonly slack: Float64Array;
  readonly from: Int32Array;
  readonly done: Uint8Array;
}

/**
 * The column of each row, int32 [rows], all different, so that the sum of `gain` float32 [rows, columns] is largest. rows <= columns.
 * O(rows^2 columns) at worst. Kind bad-request for more rows than columns, or too many entries.
 */
export function bestAssignment(gain: Float32Array, rows: number, columns: number): Int32Array {
  if (rows > columns) throw new LoupeError('bad-request', `${rows} rows cannot each have one of ${columns} columns: give the smaller side first`);
  if (rows * columns > mostEntries) throw new LoupeError('bad-request', `an assignment of ${rows} rows to ${columns} columns needs more than ${mostEntries} entries: compare smaller dictionaries`);
  const [rowDual, columnDual] = [new Float64Array(rows), new Float64Array(columns)];
  const [rowOf, columnOf] = [new Int32Array(columns).fill(-1), new Int32Array(rows).fill(-1)];
  for (let row = 0; row < rows; row++) {
    const search: Search = { slack: new Float64Array(columns).fill(Infinity), from: new Int32Array(columns).fill(-1), done: new Uint8Array(columns) };
    let last = cheapest(gain, row, columns, rowDual, columnDual, rowOf, search);
    // back along the path, each row moves to the column it came to
    while (last >= 0) {
      const mover = search.from[last]!;
      const freed = columnOf[mover]!;
      columnOf[mover] = last;
      rowOf[last] = mover;
      last = mover === row ? -1 : freed;
    }
  }
  return columnOf;
}

/** Dijkstra from `start` over reduced costs to the nearest free column, updating the duals; gives that column. */
function cheapest(
  gain: Float32Array, start: number, columns: number, rowDual: Float64Array, columnDual: Float64Array, rowOf: Int32Array, { slack, from, done }: Search,
): number {
  const scanned: number[] = [];
  let [row, reach] = [start, 0];
  for (;;) {
    let [best, least] = [-1, Infinity];
    for (let column = 0; column < columns; column++) {
      if (done[column] === 1) continue;
      const cost = reach - gain[row * columns + column]! - rowDual[row]! - columnDual[column]!;
      if (cost < slack[column]!) {
        slack[column] = cost;
        from[column] = row;
      }
      if (slack[column]! < least) [best, least] = [column, slack[column]!];
    }
    reach = least;
    if (rowOf[best]! < 0) {
      rowDual[start]! += reach;
      for (const column of scanned) {
        rowDual[rowOf[column]!]! += reach - slack[column]!;
        columnDual[column]! -= reach - slack[column]!;
      }
      return best;
    }
    done[best] = 1;
    scanned.push(best);
    row = rowOf[best]!;
  }
}
