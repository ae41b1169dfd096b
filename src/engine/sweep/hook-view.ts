/** One of several hooks that a source gives side by side, as a source of its own: one pass of the model serves members of every hook. */
import type { ActivationBatch, ActivationSource, HeldOutRows, SourceIdentity, SourcePosition } from '../train/source.ts';

export class HookView implements ActivationSource {
  readonly dIn: number;
  readonly #all: ActivationSource;
  readonly #index: number;
  readonly #hookPoint: string;

  /** Hook `index` of the `hooks` that stand side by side in `all`, equally wide. */
  constructor(all: ActivationSource, hooks: readonly string[], index: number) {
    this.#all = all;
    this.#index = index;
    this.#hookPoint = hooks[index]!;
    this.dIn = all.dIn / hooks.length;
  }

  get identity(): SourceIdentity {
    return { ...this.#all.identity, hookPoint: this.#hookPoint };
  }

  get position(): SourcePosition {
    return this.#all.position;
  }

  async sample(rows: number): Promise<Float32Array> {
    return this.#columns(await this.#all.sample(rows));
  }

  async next(rows: number): Promise<ActivationBatch> {
    return this.cut(await this.#all.next(rows));
  }

  /** This hook's part of a batch of all. */
  cut(batch: ActivationBatch): ActivationBatch {
    return { ...batch, x: this.#columns(batch.x) };
  }

  seek(position: SourcePosition): Promise<void> {
    return this.#all.seek(position);
  }

  async *heldOut(): AsyncIterable<HeldOutRows> {
    for await (const part of this.#all.heldOut()) yield { ...part, x: this.#columns(part.x) };
  }

  close(): void {
    this.#all.close();
  }

  /** float32 [rows, all hooks] -> [rows, dIn] */
  #columns(x: Float32Array): Float32Array {
    const [from, width] = [this.#all.dIn, this.dIn];
    const out = new Float32Array((x.length / from) * width);
    for (let at = this.#index * width, to = 0; to < out.length; at += from, to += width) out.set(x.subarray(at, at + width), to);
    return out;
  }
}
