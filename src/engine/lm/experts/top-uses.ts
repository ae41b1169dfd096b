/** Of each expert the tokens that use it most: a few slots an expert, however many tokens pass by. */

/** Numbers in all slots at most: 64 MiB of places and weights. */
const mostSlots = 1 << 23;

export class TopUses {
  /** Slots of an expert; fewer than asked for where there are very many experts. */
  readonly slots: number;
  /** Where the token stands in the sample, -1 in empty slots; int32 [layers * experts * slots], the strongest first. */
  readonly places: Int32Array;
  /** float32, as `places` */
  readonly weights: Float32Array;
  readonly #experts: number;

  constructor(layers: number, experts: number, wanted: number) {
    this.slots = Math.min(wanted, Math.floor(mostSlots / Math.max(1, layers * experts)));
    this.places = new Int32Array(layers * experts * this.slots).fill(-1);
    this.weights = new Float32Array(layers * experts * this.slots);
    this.#experts = experts;
  }

  /** The token at `place` uses the expert by `weight` > 0. Equal weights: who came first stays. */
  add(layer: number, expert: number, place: number, weight: number): void {
    const first = (layer * this.#experts + expert) * this.slots;
    let at = first + this.slots;
    while (at > first && weight > this.weights[at - 1]!) at--;
    if (at === first + this.slots) return;
    this.places.copyWithin(at + 1, at, first + this.slots - 1);
    this.weights.copyWithin(at + 1, at, first + this.slots - 1);
    this.places[at] = place;
    this.weights[at] = weight;
  }
}
