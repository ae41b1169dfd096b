/** Which tokens around a peak a folded row has room for. */
import { piecesOf } from './draw.ts';

/** Half of the row, in characters, before its width is known. */
const unknownWidth = 100;
/** px of a character at least: monospace of 12 px is 7.2 wide, and marks are smaller. */
const narrowest = 6;

/** Characters that half of a row of `width` px can show at most. */
export function charactersBeside(width: number): number {
  return width > 0 ? Math.ceil(width / 2 / narrowest) : unknownWidth;
}

function shownLength(token: string): number {
  return piecesOf(token).reduce((sum, { shown }) => sum + shown.length, 0);
}

/** [from, to): tokens around `peak` until each side has `characters`; the peak counts for the right side. */
export function tokensAround(tokens: readonly string[], peak: number, characters: number): [number, number] {
  let from = peak;
  for (let left = characters; from > 0 && left > 0; from--) left -= shownLength(tokens[from - 1]!);
  let to = peak;
  for (let left = characters; to < tokens.length && left > 0; to++) left -= shownLength(tokens[to]!);
  return [from, to];
}
