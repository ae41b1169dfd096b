/** One source for many runs: what each of them measures at its start is read once. */
import type { ActivationBatch, ActivationSource, HeldOutRows, SourceIdentity, SourcePosition } from '../train/source.ts';

export class SharedSource implements ActivationSource {
  readonly dIn: number;
  readonly dOut?: number;
  readonly sources?: number;
  readonly sampleTargets?: (rows: number) => Promise<Float32Array>;
  readonly #source: ActivationSource;
  readonly #samples = new Map<number, Promise<Float32Array>>();

  constructor(source: ActivationSource) {
    this.#source = source;
    this.dIn = source.dIn;
    if (source.dOut !== undefined) this.dOut = source.dOut;
    if (source.sources !== undefined) this.sources = source.sources;
    if (source.sampleTargets !== undefined) this.sampleTargets = (rows) => source.sampleTargets!(rows);
  }

  get identity(): SourceIdentity {
    return this.#source.identity;
  }

  get position(): SourcePosition {
    return this.#source.position;
  }

  sample(rows: number): Promise<Float32Array> {
    const known = this.#samples.get(rows) ?? this.#source.sample(rows);
    this.#samples.set(rows, known);
    return known;
  }

  next(rows: number): Promise<ActivationBatch> {
    return this.#source.next(rows);
  }

  seek(position: SourcePosition): Promise<void> {
    return this.#source.seek(position);
  }

  heldOut(): AsyncIterable<HeldOutRows> {
    return this.#source.heldOut();
  }

  close(): void {
    this.#source.close();
  }
}
