/**
 * A shard while it grows: a safetensors file of the final layout, written in place batch by batch under the name
 * `<shard>.partial`, and renamed when it is full. A killed harvest continues in it.
 */
import { closeSync, fstatSync, fsyncSync, ftruncateSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { LoupeError } from '../../shared/errors.ts';
import { hashFile } from '../files/hash.ts';
import { syncFolder } from '../files/atomic.ts';
import { encodeFloat16 } from '../formats/float16.ts';
import { openSafetensorsWriter, readExactly, safetensorsLayout } from '../formats/safetensors.ts';
import { hookTensor, shardName, shardSpecs, type StoreLayout } from './manifest.ts';
import type { StoreShard } from './types.ts';

/** Some contexts, as they come from a forward pass. */
export interface ContextBatch {
  /** int32 [contexts * contextLength] */
  readonly tokens: Int32Array;
  /** int32 [contexts * contextLength] */
  readonly documents: Int32Array;
  /** hook -> float32 [contexts * contextLength, d] */
  readonly activations: ReadonlyMap<string, Float32Array>;
}

function writeAt(fd: number, array: ArrayBufferView, position: number): void {
  const bytes = new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
  for (let done = 0; done < bytes.byteLength; ) done += writeSync(fd, bytes, done, bytes.byteLength - done, position + done);
}

/** The name under which shard `index` grows. */
export function partialName(index: number): string {
  return `${shardName(index)}.partial`;
}

export class ShardWriter {
  readonly index: number;
  readonly capacity: number;
  readonly #folder: string;
  readonly #store: StoreLayout;
  readonly #offsets: ReadonlyMap<string, number>;
  readonly #bytes: number;
  #fd: number | null;
  #contexts: number;

  /** Starts shard `index` for `capacity` contexts, or continues it after `resumeAt` contexts that are known to be on disk. */
  constructor(folder: string, store: StoreLayout, index: number, capacity: number, resumeAt = 0) {
    const { header, offsets, bytes } = safetensorsLayout(shardSpecs(store, capacity));
    this.index = index;
    this.capacity = capacity;
    this.#folder = folder;
    this.#store = store;
    this.#offsets = offsets;
    this.#bytes = bytes;
    this.#contexts = resumeAt;
    this.#fd = openSync(join(folder, partialName(index)), resumeAt > 0 ? 'r+' : 'w+');
    if (resumeAt > 0) this.#requireHeader(header);
    else writeAt(this.#fd, header, 0);
  }

  get contexts(): number {
    return this.#contexts;
  }

  get full(): boolean {
    return this.#contexts === this.capacity;
  }

  /** Writes the contexts of `batch`; they must fit. */
  append(batch: ContextBatch): void {
    const { contextLength, hooks } = this.#store;
    const contexts = batch.tokens.length / contextLength;
    if (!Number.isInteger(contexts) || this.#contexts + contexts > this.capacity) {
      throw new LoupeError('defect', `a batch of ${batch.tokens.length} tokens does not fit shard ${this.index}`);
    }
    this.#write('tokens', batch.tokens, contextLength);
    this.#write('documents', batch.documents, contextLength);
    for (const { name, d } of hooks) {
      const values = batch.activations.get(name);
      if (values?.length !== batch.tokens.length * d) throw new LoupeError('defect', `${name} has ${values?.length} values for ${batch.tokens.length} tokens of width ${d}`);
      this.#write(hookTensor(name), this.#store.dtype === 'float16' ? encodeFloat16(values) : values, contextLength * d);
    }
    this.#contexts += contexts;
  }

  /** Makes what was appended durable. */
  sync(): void {
    fsyncSync(this.#open());
  }

  /** Puts the shard in place. A shard that the corpus left short is first written again at its real length. */
  async finish(firstContext: number): Promise<StoreShard> {
    const fd = this.#open();
    const path = join(this.#folder, shardName(this.index));
    if (this.full) {
      ftruncateSync(fd, this.#bytes);
      fsyncSync(fd);
      renameSync(join(this.#folder, partialName(this.index)), path);
      syncFolder(this.#folder);
      this.close();
    } else {
      this.#compact(fd, path);
      this.discard();
    }
    const { sha256, bytes } = await hashFile(path);
    return { file: shardName(this.index), firstContext, contexts: this.#contexts, bytes, sha256 };
  }

  /** Leaves the partial file for a later run. Safe to call twice. */
  close(): void {
    if (this.#fd !== null) closeSync(this.#fd);
    this.#fd = null;
  }

  /** Leaves nothing behind. */
  discard(): void {
    this.close();
    rmSync(join(this.#folder, partialName(this.index)), { force: true });
  }

  #open(): number {
    if (this.#fd === null) throw new LoupeError('disposed', `shard ${this.index} is closed`);
    return this.#fd;
  }

  #requireHeader(header: Uint8Array): void {
    const fd = this.#open();
    const path = join(this.#folder, partialName(this.index));
    if (fstatSync(fd).size < header.byteLength || !Buffer.from(header).equals(readExactly(fd, 0, header.byteLength, path))) {
      this.close();
      throw new LoupeError('bad-file', `${path} is not the beginning of this shard. Remove it; the harvest then starts this shard again.`);
    }
  }

  #write(name: string, values: Float32Array | Int32Array | Uint16Array, elementsPerContext: number): void {
    const at = this.#offsets.get(name)! + this.#contexts * elementsPerContext * values.BYTES_PER_ELEMENT;
    writeAt(this.#open(), values, at);
  }

  /** The contexts that are there, copied tensor by tensor in bounded pieces. */
  #compact(fd: number, path: string): void {
    const specs = shardSpecs(this.#store, this.#contexts);
    const writer = openSafetensorsWriter(path, specs);
    try {
      for (const { name, dtype, shape } of specs) {
        const elements = shape.slice(1).reduce((a, b) => a * b, 1);
        const arrayOf = dtype === 'I32' ? Int32Array : dtype === 'F16' ? Uint16Array : Float32Array;
        const bytes = elements * arrayOf.BYTES_PER_ELEMENT;
        for (let context = 0; context < this.#contexts; context++) {
          writer.write(name, new arrayOf(readExactly(fd, this.#offsets.get(name)! + context * bytes, bytes, path).buffer));
        }
      }
      writer.finish();
    } finally {
      writer.abort();
    }
  }
}
