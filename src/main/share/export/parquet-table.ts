/** A Parquet file with typed columns that is written a row group at a time: memory holds one group. */
import { closeSync, openSync } from 'node:fs';
import { ByteWriter, ParquetWriter } from 'hyparquet-writer';
import type { SchemaElement } from 'hyparquet-writer';
import { writeAll } from '../../../engine/files/atomic.ts';

export type ParquetType = 'int' | 'long' | 'float' | 'double' | 'text' | 'flag';

export interface ParquetColumn {
  readonly type: ParquetType;
  /** Values may be null. */
  readonly nullable?: boolean;
  /** Values are arrays. */
  readonly list?: boolean;
}

type Scalar = string | number | boolean;
export type ParquetValue = Scalar | null | readonly Scalar[] | ArrayLike<number>;

const physical: Readonly<Record<ParquetType, Pick<SchemaElement, 'type' | 'converted_type'>>> = {
  int: { type: 'INT32' }, long: { type: 'INT64' }, float: { type: 'FLOAT' }, double: { type: 'DOUBLE' }, flag: { type: 'BOOLEAN' },
  text: { type: 'BYTE_ARRAY', converted_type: 'UTF8' },
};

/** Lists have the three levels that the format asks for, so that every reader sees a list. */
function elementsOf(name: string, { type, nullable = false, list = false }: ParquetColumn): SchemaElement[] {
  const repetition_type = nullable ? 'OPTIONAL' : 'REQUIRED';
  if (!list) return [{ name, repetition_type, ...physical[type] }];
  return [
    { name, repetition_type, converted_type: 'LIST', num_children: 1 }, { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
    { name: 'element', repetition_type: 'REQUIRED', ...physical[type] },
  ];
}

function stored(type: ParquetType, value: Scalar): Scalar | bigint {
  if (type === 'long') return BigInt(value as number);
  return typeof value === 'string' ? value.toWellFormed() : value;
}

const groupRows = 4096;

export class ParquetTable {
  readonly #fd: number;
  readonly #columns: readonly (readonly [name: string, column: ParquetColumn])[];
  readonly #writer = new ByteWriter();
  readonly #parquet: ParquetWriter;
  readonly #pending: unknown[][];

  /** Kind conflict (EEXIST) when the file is there. */
  constructor(path: string, columns: Readonly<Record<string, ParquetColumn>>) {
    this.#columns = Object.entries(columns);
    this.#pending = this.#columns.map(() => []);
    this.#fd = openSync(path, 'wx');
    const root: SchemaElement = { name: 'root', num_children: this.#columns.length };
    this.#parquet = new ParquetWriter({ writer: this.#writer, schema: [root, ...this.#columns.flatMap(([name, column]) => elementsOf(name, column))], createdBy: 'Loupe' });
  }

  /** One row, its values in the order of the columns. */
  add(row: readonly ParquetValue[]): void {
    this.#columns.forEach(([, { type }], i) => {
      const value = row[i]!;
      const list = typeof value === 'object' && value !== null;
      this.#pending[i]!.push(list ? Array.from(value as ArrayLike<Scalar>, (one) => stored(type, one)) : value === null ? null : stored(type, value as Scalar));
    });
    if (this.#pending[0]!.length >= groupRows) this.#flush();
  }

  /** Writes what is pending and the footer. */
  finish(): void {
    this.#flush();
    void this.#parquet.finish();
    this.#drain();
  }

  close(): void {
    closeSync(this.#fd);
  }

  #flush(): void {
    const rows = this.#pending[0]!.length;
    if (rows === 0) return;
    void this.#parquet.write({ columnData: this.#columns.map(([name], i) => ({ name, data: this.#pending[i]! })), rowGroupSize: rows });
    this.#pending.forEach((values) => { values.length = 0; });
    this.#drain();
  }

  #drain(): void {
    writeAll(this.#fd, this.#writer.getBytes());
    this.#writer.index = 0;
  }
}

/** Makes the file, fills it, writes its footer, and closes it whatever happens. */
export function withParquetTable<T>(path: string, columns: Readonly<Record<string, ParquetColumn>>, fill: (table: ParquetTable) => T): T {
  const table = new ParquetTable(path, columns);
  try {
    const result = fill(table);
    table.finish();
    return result;
  } finally {
    table.close();
  }
}
