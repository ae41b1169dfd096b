/**
 * UMAP's layout (McInnes, Healy & Melville 2018, 1802.03426, section 3.2): tied points attract each other as often as their tie is strong,
 * and each attraction is answered by five repulsions from points drawn at random.
 */
import type { Random } from '../../random.ts';
import type { FuzzyGraph } from './graph.ts';

/** The curve 1 / (1 + a d^2b) that fits a least distance of 0.1 and a spread of 1: umap-learn's own figures for its defaults. */
const [a, b] = [1.576943460405378, 0.8950608781227859];
const negatives = 5;
/** No step of one force is longer. */
const longest = 4;

const clip = (value: number): number => (value > longest ? longest : value < -longest ? -longest : value);

/** Passes over the graph by its size, as umap-learn chooses. */
export function epochsFor(n: number): number {
  return n <= 10_000 ? 500 : 200;
}

export class Layout {
  /** float32 [n, 2] */
  readonly points: Float32Array;
  readonly epochs: number;
  readonly #graph: FuzzyGraph;
  readonly #random: Random;
  /** Passes between two attractions of each edge, and the pass of its next one. */
  readonly #every: Float32Array;
  readonly #next: Float32Array;
  #epoch = 0;

  /** `start`: float32 [n, 2]. */
  constructor(graph: FuzzyGraph, start: Float32Array, epochs: number, random: Random) {
    this.#graph = graph;
    this.#random = random;
    this.epochs = epochs;
    this.points = Float32Array.from(start);
    const strongest = graph.weights.reduce((most, weight) => Math.max(most, weight), 0);
    this.#every = graph.weights.map((weight) => strongest / weight);
    this.#next = this.#every.slice();
  }

  get epoch(): number {
    return this.#epoch;
  }

  /** One pass over the graph. */
  step(): void {
    const { heads, tails, weights } = this.#graph;
    const rate = 1 - this.#epoch / this.epochs;
    this.#epoch++;
    for (let e = 0; e < weights.length; e++) {
      if (this.#next[e]! > this.#epoch) continue;
      this.#next[e]! += this.#every[e]!;
      this.#attract(heads[e]!, tails[e]!, rate);
      this.#repel(heads[e]!, rate);
      this.#repel(tails[e]!, rate);
    }
  }

  #attract(i: number, j: number, rate: number): void {
    const p = this.points;
    const [dx, dy] = [p[2 * i]! - p[2 * j]!, p[2 * i + 1]! - p[2 * j + 1]!];
    const square = dx * dx + dy * dy;
    if (square <= 0) return;
    const power = square ** b;
    // Both directions of the tie pull: each end moves twice.
    const force = (2 * (-2 * a * b * (power / square))) / (a * power + 1);
    const [x, y] = [clip(force * dx) * rate, clip(force * dy) * rate];
    p[2 * i]! += x;
    p[2 * i + 1]! += y;
    p[2 * j]! -= x;
    p[2 * j + 1]! -= y;
  }

  #repel(i: number, rate: number): void {
    const p = this.points;
    for (let draw = 0; draw < negatives; draw++) {
      const j = this.#random.integer(this.#graph.n);
      if (j === i) continue;
      const [dx, dy] = [p[2 * i]! - p[2 * j]!, p[2 * i + 1]! - p[2 * j + 1]!];
      const square = dx * dx + dy * dy;
      if (square <= 0) continue;
      const force = (2 * b) / ((0.001 + square) * (a * square ** b + 1));
      p[2 * i]! += clip(force * dx) * rate;
      p[2 * i + 1]! += clip(force * dy) * rate;
    }
  }
}
