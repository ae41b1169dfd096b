/**
 * The codes of some blocks row by row: which features fire on a token, for counting which fire together. The files have them feature by
 * feature; here they are sorted back.
 */
import { readBlock } from './codes.ts';

export interface Segment {
  readonly firstBlock: number;
  readonly blocks: number;
  readonly firings: number;
}

export interface RowCodes {
  /** Firings of row `firstRow + r` are [starts[r], starts[r + 1]). int32 [rows + 1] */
  readonly starts: Int32Array;
  /** int32 [firings], rising within a row */
  readonly features: Int32Array;
  /** float32 [firings] */
  readonly values: Float32Array;
  readonly firstRow: number;
}

/** Runs of blocks with at most `budget` firings each, but at least one block; `firings` by block. */
export function segmentsOf(firings: readonly number[], budget: number): Segment[] {
  const segments: { firstBlock: number; blocks: number; firings: number }[] = [];
  firings.forEach((n, block) => {
    const last = segments.at(-1);
    if (last === undefined || last.firings + n > budget) segments.push({ firstBlock: block, blocks: 1, firings: n });
    else {
      last.blocks++;
      last.firings += n;
    }
  });
  return segments;
}

/** Reads a segment; a block has `blockRows` rows. */
export function readRowCodes(folder: string, { firstBlock, blocks, firings }: Segment, blockRows: number): RowCodes {
  const starts = new Int32Array(blocks * blockRows + 1);
  const features = new Int32Array(firings);
  const values = new Float32Array(firings);
  for (let b = 0; b < blocks; b++) {
    const block = readBlock(folder, firstBlock + b);
    const firstRow = (firstBlock + b) * blockRows;
    const own = starts.subarray(b * blockRows, (b + 1) * blockRows + 1);
    for (let i = 0; i < block.rows.length; i++) own[block.rows[i]! - firstRow + 1]!++;
    for (let r = 0; r < blockRows; r++) own[r + 1]! += own[r]!;
    const next = own.slice(0, blockRows);
    for (let feature = 0; feature + 1 < block.offsets.length; feature++) {
      for (let i = block.offsets[feature]!; i < block.offsets[feature + 1]!; i++) {
        const at = next[block.rows[i]! - firstRow]!++;
        features[at] = feature;
        values[at] = block.values[i]!;
      }
    }
  }
  return { starts, features, values, firstRow: firstBlock * blockRows };
}
