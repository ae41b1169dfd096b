/**
 * BPE merges out of a SentencePiece vocabulary with scores: a piece that is two other pieces end to end is their merge.
 *
 * A higher score merges first; at equal scores the longer left half, then the longer right half, then the order of the vocabulary.
 */

interface Merge {
  readonly left: string;
  readonly right: string;
  readonly score: number;
}

function splitsOf(piece: string, score: number, ids: ReadonlyMap<string, number>): Merge[] {
  const units = Array.from(piece);
  const found: Merge[] = [];
  for (let i = 1, left = units[0]!; i < units.length; left += units[i++]!) {
    const right = piece.slice(left.length);
    if (ids.has(left) && ids.has(right)) found.push({ left, right, score });
  }
  return found.sort((a, b) => ids.get(a.left)! - ids.get(b.left)! || ids.get(a.right)! - ids.get(b.right)!);
}

const characters = (text: string): number => Array.from(text).length;

/** Pairs in the order in which they apply. `usable[i]` is false for pieces that are no text: control tokens, bytes, the unknown token. */
export function mergesFromScores(pieces: readonly string[], scores: readonly number[], usable: readonly boolean[]): [string, string][] {
  const ids = new Map<string, number>();
  pieces.forEach((piece, id) => {
    if (usable[id] && !ids.has(piece)) ids.set(piece, id);
  });
  const merges = [...ids].flatMap(([piece, id]) => splitsOf(piece, scores[id] ?? 0, ids));
  merges.sort((a, b) => b.score - a.score || characters(b.left) - characters(a.left) || characters(b.right) - characters(a.right));
  return merges.map(({ left, right }) => [left, right]);
}
