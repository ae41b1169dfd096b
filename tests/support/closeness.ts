/** Comparisons of float arrays that say where they fail. */
import assert from 'node:assert/strict';

/** |a - b| <= tolerance * max(1, |b|) at each entry. */
export function assertClose(a: ArrayLike<number>, b: ArrayLike<number>, tolerance: number, what = 'values'): void {
  assert.equal(a.length, b.length, `${what}: lengths`);
  for (let i = 0; i < a.length; i++) {
    const limit = tolerance * Math.max(1, Math.abs(b[i]!));
    if (!(Math.abs(a[i]! - b[i]!) <= limit)) assert.fail(`${what}[${i}]: ${a[i]} is not ${b[i]} within ${limit}`);
  }
}
