/** Places of the items of a list: any number fits between two others. Pure. */

/** The place for the item at `at` when it moves by `by` (-1 up, 1 down) in a list with `places` rising. */
export function between(places: readonly number[], at: number, by: -1 | 1 | number): number {
  const beside = places[at + by]!;
  const beyond = places[at + 2 * by];
  return beyond === undefined ? beside + Math.sign(by) : (beside + beyond) / 2;
}
