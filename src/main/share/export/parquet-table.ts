/** A Parquet file with typed columns that is written a row group at a time: memory holds one group. */
import { closeSync, openSync } from 'node:fs';
import { ByteWriter, ParquetWriter } from 'hyparquet-writer';
import { writeColumn } from 'hyparquet-writer/src/column.js';
import { snappyCompress } from 'hyparquet-writer/src/snappy.js';
import type { SchemaElement } from 'hyparquet-writer';
import { writeAll } from '../../../engine/files/atomic.ts';
import { ListColumn } from './parquet-lists.ts';
import type { ColumnChunk, ListType, ListValue } from './parquet-lists.ts';

export type ParquetType = 'int' | 'long' | 'float' | 'double' | 'text' | 'flag';

export type ParquetColumn =
  /** `nullable`: values may be null. */
  | { readonly type: ParquetType; readonly nullable?: boolean; readonly list?: false }
  /** Values are arrays. */
  | { readonly type: ListType; readonly list: true };

type Scalar = string | number | boolean;
export type ParquetValue = Scalar | null | ListValue;

const physical: Readonly<Record<ParquetType, Pick<SchemaElement, 'type' | 'converted_type'>>> = {
  int: { type: 'INT32' }, long: { type: 'INT64' }, float: { type: 'FLOAT' }, double: { type: 'DOUBLE' }, flag: { type: 'BOOLEAN' },
  text: { type: 'BYTE_ARRAY', converted_type: 'UTF8' },
};

const isNullable = (column: ParquetColumn): boolean => column.list !== true && column.nullable === true;

/** Lists have the three levels that the format asks for, so that every reader sees a list. */
function elementsOf(name: string, column: ParquetColumn): SchemaElement[] {
  if (column.list !== true) return [{ name, repetition_type: isNullable(column) ? 'OPTIONAL' : 'REQUIRED', ...physical[column.type] }];
  return [
    { name, repetition_type: 'REQUIRED', converted_type: 'LIST', num_children: 1 }, { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
    { name: 'element', repetition_type: 'REQUIRED', ...physical[column.type] },
  ];
}

function stored(type: ParquetType, value: Scalar): Scalar | bigint {
  if (type === 'long') return BigInt(value as number);
  return typeof value === 'string' ? value.toWellFormed() : value;
}

/** A column of single values. */
class FlatColumn {
  readonly #column: ParquetColumn;
  readonly #element: SchemaElement;
  readonly #root: SchemaElement;
  #values: (Scalar | bigint | null)[] = [];

  constructor(root: SchemaElement, name: string, column: ParquetColumn) {
    this.#root = root;
    this.#column = column;
    this.#element = elementsOf(name, column)[0]!;
  }

  add(value: Scalar | null): void {
    this.#values.push(value === null ? null : stored(this.#column.type, value));
  }

  flush(writer: ByteWriter): ColumnChunk {
    const values = this.#values;
    const nullable = isNullable(this.#column);
    this.#values = [];
    return writeColumn({
      writer,
      column: {
        columnName: this.#element.name, element: this.#element, schemaPath: [this.#root, this.#element], codec: 'SNAPPY', compressors: { SNAPPY: snappyCompress },
        stats: true, pageSize: 1 << 20, columnIndex: false, offsetIndex: false,
      },
      pageData: { values, definitionLevels: nullable ? values.map((value) => (value === null ? 0 : 1)) : [], repetitionLevels: [], maxDefinitionLevel: nullable ? 1 : 0 },
    }).chunk;
  }
}

/** A row group ends with this many rows, or this many values in a column of lists: 8 MB. */
const groupRows = 16_384;
const groupValues = 1 << 21;

export class ParquetTable {
  readonly #fd: number;
  readonly #columns: readonly (FlatColumn | ListColumn)[];
  readonly #writer = new ByteWriter(1 << 20);
  readonly #parquet: ParquetWriter;
  #rows = 0;

  /** Kind conflict (EEXIST) when the file is there. */
  constructor(path: string, columns: Readonly<Record<string, ParquetColumn>>) {
    const entries = Object.entries(columns);
    const root: SchemaElement = { name: 'root', num_children: entries.length };
    this.#columns = entries.map(([name, column]) => (column.list === true ? new ListColumn(name, column.type) : new FlatColumn(root, name, column)));
    this.#fd = openSync(path, 'wx');
    this.#parquet = new ParquetWriter({ writer: this.#writer, schema: [root, ...entries.flatMap(([name, column]) => elementsOf(name, column))], createdBy: 'Loupe' });
  }

  /** One row, its values in the order of the columns. */
  add(row: readonly ParquetValue[]): void {
    let full = ++this.#rows >= groupRows;
    for (let i = 0; i < this.#columns.length; i++) {
      const column = this.#columns[i]!;
      if (column instanceof FlatColumn) column.add(row[i] as Scalar | null);
      else {
        column.add(row[i] as ListValue);
        if (column.pending >= groupValues) full = true;
      }
    }
    if (full) this.#flush();
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
    if (this.#rows === 0) return;
    const start = this.#writer.offset;
    const columns = this.#columns.map((column) => column.flush(this.#writer));
    const plain = columns.reduce((sum, { meta_data }) => sum + (meta_data?.total_uncompressed_size ?? 0n), 0n);
    const rows = BigInt(this.#rows);
    this.#parquet.row_groups.push({ columns, total_byte_size: plain, num_rows: rows, total_compressed_size: BigInt(this.#writer.offset - start) });
    this.#parquet.num_rows += rows;
    this.#rows = 0;
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
