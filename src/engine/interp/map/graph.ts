/**
 * The fuzzy neighbour graph of UMAP (McInnes, Healy & Melville 2018, 1802.03426, section 3.1), in typed arrays.
 *
 * The package umap-js keeps it in maps with a text for each pair: at 32,768 points that took 49 s and 1.9 GB in one piece that cannot be
 * stopped. Here 131,072 points take a second or two; a test compares the two.
 */
export interface NeighbourTable {
  /** Points, and neighbours of each. */
  readonly n: number;
  readonly k: number;
  /** int32 [n, k], nearest first; no point is its own neighbour */
  readonly ids: Int32Array;
  /** float32 [n, k], rising */
  readonly distances: Float32Array;
}

export interface FuzzyGraph {
  readonly n: number;
  /** int32 [edges] each; every pair stands once, the smaller index as its head */
  readonly heads: Int32Array;
  readonly tails: Int32Array;
  /** float32 [edges], in (0, 1] */
  readonly weights: Float32Array;
}

const searchSteps = 64;
const tolerance = 1e-5;

/** The width at which a row's k strengths sum to log2(k): `sum over j of exp(-max(0, d_j - rho) / sigma) = log2(k)`. float32 [k] from `at`. */
function widthOf(distances: Float32Array, at: number, k: number, rho: number): number {
  const target = Math.log2(k);
  let [low, high, middle] = [0, Infinity, 1];
  for (let step = 0; step < searchSteps; step++) {
    let sum = 0;
    for (let j = 0; j < k; j++) sum += Math.exp(-Math.max(0, distances[at + j]! - rho) / middle);
    if (Math.abs(sum - target) < tolerance) break;
    if (sum > target) high = middle;
    else low = middle;
    middle = high === Infinity ? middle * 2 : (low + high) / 2;
  }
  let mean = 0;
  for (let j = 0; j < k; j++) mean += distances[at + j]! / k;
  // Where all neighbours are equally far no width gives the sum: one that is not 0 is kept.
  return Math.max(middle, 1e-3 * mean, 1e-12);
}

/** How strongly each point is tied to each of its neighbours, float32 [n, k] in (0, 1]: 1 to the nearest. */
export function strengths({ n, k, distances }: NeighbourTable): Float32Array {
  const out = new Float32Array(n * k);
  for (let i = 0; i < n; i++) {
    const at = i * k;
    let rho = 0;
    for (let j = 0; j < k && rho === 0; j++) rho = Math.max(0, distances[at + j]!);
    const sigma = widthOf(distances, at, k, rho);
    for (let j = 0; j < k; j++) out[at + j] = Math.exp(-Math.max(0, distances[at + j]! - rho) / sigma);
  }
  return out;
}

/** The union of both directions of every tie: a + b - ab. Ties too weak to be felt (under 1e-6) are left out. */
export function fuzzyGraph(table: NeighbourTable): FuzzyGraph {
  const { n, k, ids } = table;
  const strength = strengths(table);
  const [heads, tails, weights] = [new Int32Array(n * k), new Int32Array(n * k), new Float32Array(n * k)];
  let edges = 0;
  for (let i = 0; i < n; i++) {
    for (let place = i * k; place < (i + 1) * k; place++) {
      const j = ids[place]!;
      const back = placeOf(ids, j * k, k, i);
      // A tie that both have stands in both rows: it is taken from the smaller index.
      if (back >= 0 && j < i) continue;
      const [a, b] = [strength[place]!, back < 0 ? 0 : strength[back]!];
      const weight = a + b - a * b;
      if (weight < 1e-6) continue;
      heads[edges] = Math.min(i, j);
      tails[edges] = Math.max(i, j);
      weights[edges++] = weight;
    }
  }
  return { n, heads: heads.slice(0, edges), tails: tails.slice(0, edges), weights: weights.slice(0, edges) };
}

function placeOf(ids: Int32Array, from: number, k: number, wanted: number): number {
  for (let place = from; place < from + k; place++) if (ids[place] === wanted) return place;
  return -1;
}
