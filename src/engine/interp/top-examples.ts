/** The strongest firings of a feature, at most one a document: exact, in one pass over its firings. */

/** Firing numbers (places in `values`) of the strongest firing of each of the `n` strongest documents, strongest first. Ties: the earlier row. */
export function topFirings(values: Float32Array, documentOf: (firing: number) => number, n: number): number[] {
  if (n === 0) return [];
  // A document outside the best n can only come in by a firing above all that it had, since the bound never falls.
  const best: { firing: number; document: number }[] = [];
  const value = (place: number): number => values[best[place]!.firing]!;
  for (let firing = 0; firing < values.length; firing++) {
    if (best.length === n && values[firing]! <= value(n - 1)) continue;
    const document = documentOf(firing);
    const known = best.findIndex((entry) => entry.document === document);
    if (known >= 0 && value(known) >= values[firing]!) continue;
    if (known >= 0) best.splice(known, 1);
    else if (best.length === n) best.pop();
    let place = best.length;
    while (place > 0 && value(place - 1) < values[firing]!) place--;
    best.splice(place, 0, { firing, document });
  }
  return best.map((entry) => entry.firing);
}
