/**
 * Columns of lists for a Parquet file, encoded from typed arrays. A catalog has some 60 tokens an example and a million examples, so no value
 * may cost an object, a recursion or a string: words come as codes and are put into a dictionary once each, numbers go out as they lie.
 * Levels are runs: 0 where a list begins, 1 for the rest of it. Lists and their values are never null.
 */
import { ByteWriter } from 'hyparquet-writer';
import { writePageHeader } from 'hyparquet-writer/src/datapage.js';
import { snappyCompress } from 'hyparquet-writer/src/snappy.js';
import type { writeColumn } from 'hyparquet-writer/src/column.js';
import type { SchemaElement } from 'hyparquet-writer';
import { Dictionary } from './parquet-words.ts';
import type { Coded } from './parquet-words.ts';

export type ColumnChunk = ReturnType<typeof writeColumn>['chunk'];
type Encoding = NonNullable<ColumnChunk['meta_data']>['encodings'][number];

/** Numbers that are written where they belong, without an array of their own: `length` of them into `out` from `at`. */
export interface Filled {
  readonly length: number;
  readonly write: (out: Float32Array, at: number) => void;
}

type Numbers = Int32Array | Float32Array | BigInt64Array;
export type ListType = 'int' | 'long' | 'float' | 'text';
export type ListValue = ArrayLike<number> | readonly string[] | Coded | Filled;

const physical: Readonly<Record<ListType, NonNullable<SchemaElement['type']>>> = { int: 'INT32', long: 'INT64', float: 'FLOAT', text: 'BYTE_ARRAY' };

function emptyNumbers(type: ListType, n: number): Numbers {
  if (type === 'long') return new BigInt64Array(n);
  return type === 'float' ? new Float32Array(n) : new Int32Array(n);
}

/** `values` in `width` bits each, the lowest bit first, in one bit-packed run of whole groups of eight. */
export function packBits(values: Int32Array, n: number, width: number): Uint8Array {
  const out = new Uint8Array(Math.ceil(n / 8) * width);
  // At most 7 bits wait, so that 24 more fit; a dictionary of more than 2^24 words would not fit into memory either.
  let [waiting, bits, at] = [0, 0, 0];
  for (let i = 0; i < n; i++) {
    waiting |= values[i]! << bits;
    bits += width;
    while (bits >= 8) {
      out[at++] = waiting & 0xff;
      waiting >>>= 8;
      bits -= 8;
    }
  }
  if (bits > 0) out[at] = waiting & 0xff;
  return out;
}

interface Levels {
  readonly bytes: Uint8Array;
  /** Bytes of the repetition levels, which lie before the definition levels. */
  readonly repetition: number;
  /** Entries: values and empty lists. */
  readonly n: number;
  readonly empty: number;
}

const runOf = (writer: ByteWriter, length: number, value: number): void => {
  writer.appendVarInt(length << 1);
  writer.appendUint8(value);
};

export class ListColumn {
  readonly #path: readonly string[];
  readonly #type: ListType;
  readonly #words = new Dictionary();
  #values: Numbers;
  #n = 0;
  #lengths: number[] = [];

  constructor(name: string, type: ListType) {
    this.#path = [name, 'list', 'element'];
    this.#type = type;
    this.#values = emptyNumbers(type, 1024);
  }

  /** Values that wait. */
  get pending(): number {
    return this.#n;
  }

  add(list: ListValue): void {
    const n = 'codes' in list ? list.to - list.from : list.length;
    this.#reserve(n);
    const [values, at] = [this.#values, this.#n];
    if ('codes' in list) this.#words.placesOf(list, values as Int32Array, at);
    else if ('write' in list) list.write(values as Float32Array, at);
    else if (this.#type === 'text') for (let i = 0; i < n; i++) values[at + i] = this.#words.placeOf((list as readonly string[])[i]!);
    else if (this.#type === 'long') for (let i = 0; i < n; i++) values[at + i] = BigInt((list as ArrayLike<number>)[i]!);
    else (values as Float32Array).set(list as ArrayLike<number>, at);
    this.#n += n;
    this.#lengths.push(n);
  }

  /** Writes what waits as the column's part of a row group. */
  flush(writer: ByteWriter): ColumnChunk {
    const start = writer.offset;
    let plain = 0;
    const encodings: Encoding[] = [];
    let dictionaryAt: bigint | undefined;
    let values: Uint8Array;
    if (this.#type === 'text') {
      dictionaryAt = BigInt(start);
      plain += this.#writeDictionary(writer);
      encodings.push('PLAIN', 'RLE_DICTIONARY');
      values = this.#places();
    } else {
      encodings.push('PLAIN');
      values = new Uint8Array(this.#values.buffer, 0, this.#n * this.#values.BYTES_PER_ELEMENT);
    }
    const pageAt = BigInt(writer.offset);
    const levels = this.#levels();
    plain += this.#writePage(writer, values, levels, encodings.at(-1)!);
    const chunk: ColumnChunk = {
      file_offset: BigInt(start),
      meta_data: {
        type: physical[this.#type], encodings, path_in_schema: [...this.#path], codec: 'SNAPPY', num_values: BigInt(levels.n), data_page_offset: pageAt,
        ...(dictionaryAt === undefined ? {} : { dictionary_page_offset: dictionaryAt }),
        total_uncompressed_size: BigInt(plain), total_compressed_size: BigInt(writer.offset - start),
      },
    };
    this.#n = 0;
    this.#lengths = [];
    this.#words.clear();
    return chunk;
  }

  #reserve(n: number): void {
    if (this.#n + n <= this.#values.length) return;
    const values = emptyNumbers(this.#type, Math.max(2 * this.#values.length, this.#n + n));
    (values as Float32Array).set(this.#values.subarray(0, this.#n) as Float32Array);
    this.#values = values;
  }

  #writeDictionary(writer: ByteWriter): number {
    const texts = this.#words.used.map((number) => this.#words.bytes(number));
    const plain = Buffer.allocUnsafe(texts.reduce((sum, bytes) => sum + 4 + bytes.length, 0));
    let at = 0;
    for (const bytes of texts) {
      at = plain.writeUInt32LE(bytes.length, at);
      at += bytes.copy(plain, at);
    }
    const packed = snappyCompress(plain);
    const start = writer.offset;
    writePageHeader(writer, {
      type: 'DICTIONARY_PAGE', uncompressed_page_size: plain.length, compressed_page_size: packed.length,
      dictionary_page_header: { num_values: this.#words.used.length, encoding: 'PLAIN' },
    });
    const header = writer.offset - start;
    writer.appendBytes(packed);
    return header + plain.length;
  }

  /** The width of a place in bits, then the places as one bit-packed run. */
  #places(): Uint8Array {
    const width = Math.max(1, Math.ceil(Math.log2(Math.max(1, this.#words.used.length))));
    const packed = packBits(this.#values as Int32Array, this.#n, width);
    const out = new ByteWriter(packed.length + 16);
    out.appendUint8(width);
    if (this.#n > 0) out.appendVarInt((Math.ceil(this.#n / 8) << 1) | 1);
    out.appendBytes(packed);
    return out.getBytes();
  }

  /** Repetition levels, then definition levels: an empty list has one entry that is not defined. */
  #levels(): Levels {
    const writer = new ByteWriter(4 * this.#lengths.length + 64);
    let [n, empty] = [0, 0];
    for (const length of this.#lengths) {
      runOf(writer, 1, 0);
      if (length > 1) runOf(writer, length - 1, 1);
      if (length === 0) empty++;
      n += Math.max(1, length);
    }
    const repetition = writer.offset;
    let defined = 0;
    const close = (): void => {
      if (defined > 0) runOf(writer, defined, 1);
      defined = 0;
    };
    for (const length of this.#lengths) {
      if (length > 0) defined += length;
      else {
        close();
        runOf(writer, 1, 0);
      }
    }
    close();
    return { bytes: writer.getBytes(), repetition, n, empty };
  }

  #writePage(writer: ByteWriter, values: Uint8Array, levels: Levels, encoding: Encoding): number {
    const packed = snappyCompress(values);
    const start = writer.offset;
    writePageHeader(writer, {
      type: 'DATA_PAGE_V2', uncompressed_page_size: levels.bytes.length + values.length, compressed_page_size: levels.bytes.length + packed.length,
      data_page_header_v2: {
        num_values: levels.n, num_nulls: levels.empty, num_rows: this.#lengths.length, encoding, is_compressed: true,
        repetition_levels_byte_length: levels.repetition, definition_levels_byte_length: levels.bytes.length - levels.repetition,
      },
    });
    const header = writer.offset - start;
    writer.appendBytes(levels.bytes);
    writer.appendBytes(packed);
    return header + levels.bytes.length + values.length;
  }
}
