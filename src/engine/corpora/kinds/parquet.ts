/** Parquet files: a document is the string in one column, read one row group at a time. */
import { closeSync, fstatSync, openSync } from 'node:fs';
import { basename } from 'node:path';
import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from 'node:zlib';
import { parquetMetadataAsync, parquetReadObjects, type AsyncBuffer, type Compressors, type FileMetaData, type RowGroup } from 'hyparquet';
import { LoupeError, nearestName } from '../../../shared/errors.ts';
import { readExactly } from '../../formats/safetensors.ts';
import { requireFile } from '../bytes.ts';
import type { Corpus, CorpusDocument, CorpusKind, CorpusOptions } from '../definition.ts';

/** A row group is decoded at once, so the text column of one group must fit in memory. */
const maxGroupBytes = 1 << 30;
const maxGroupRows = 1 << 24;

/** Snappy is hyparquet's own; these are Node's. None may grow beyond the size that its page announces. */
const compressors: Compressors = {
  GZIP: (input, length) => gunzipSync(input, { maxOutputLength: length }),
  BROTLI: (input, length) => brotliDecompressSync(input, { maxOutputLength: length }),
  ZSTD: (input, length) => zstdDecompressSync(input, { maxOutputLength: length }),
};

function broken(path: string, what: string, cause?: unknown): LoupeError {
  return new LoupeError('bad-file', `corpus: ${path} is not a usable Parquet file: ${what}. Fetch or write it again.`, undefined, { cause });
}

/** A file as hyparquet wants it: ranges outside the file are refused before anything is allocated. */
function fileBuffer(fd: number, path: string): AsyncBuffer {
  const { size } = fstatSync(fd);
  return {
    byteLength: size,
    slice: (start, end = size) => {
      if (!(start >= 0 && start <= end && end <= size)) throw broken(path, `it refers to bytes ${start} to ${end} of ${size}`);
      return readExactly(fd, start, end - start, path).buffer;
    },
  };
}

/** Runs `work`, and turns whatever the parser throws at hostile bytes into kind bad-file. */
async function guarded<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof LoupeError) throw error;
    throw broken(path, (error as Error).message, error);
  }
}

function requireColumn(path: string, metadata: FileMetaData, field: string): void {
  const leaves = metadata.schema.filter((element) => element.type !== undefined);
  const element = leaves.find(({ name }) => name === field);
  const names = leaves.map(({ name }) => name);
  if (element === undefined) {
    const near = nearestName(field, names);
    const cure = near === undefined ? `The columns are ${names.slice(0, 20).join(', ')}.` : `Did you mean "${near}"?`;
    throw new LoupeError('bad-request', `corpus: ${path} has no column "${field}". ${cure} Give the right one as field.`);
  }
  if (element.type !== 'BYTE_ARRAY') {
    throw new LoupeError('bad-request', `corpus: the column "${field}" of ${path} holds ${element.type}, not text. The columns are ${names.slice(0, 20).join(', ')}.`);
  }
}

/** Rows in a group; refuses a group whose text would not fit in memory, or that claims more than the file can hold. */
function groupRows(path: string, group: RowGroup, field: string, fileBytes: number): number {
  const column = group.columns.find(({ meta_data: meta }) => meta?.path_in_schema.length === 1 && meta.path_in_schema[0] === field)?.meta_data;
  if (column === undefined) throw broken(path, `a row group lacks the column "${field}"`);
  if (column.total_compressed_size > BigInt(fileBytes)) throw broken(path, `a column claims ${column.total_compressed_size} bytes of ${fileBytes}`);
  if (group.num_rows < 0n || column.num_values > group.num_rows) throw broken(path, `a row group of ${group.num_rows} rows claims ${column.num_values} values`);
  if (column.total_uncompressed_size > BigInt(maxGroupBytes) || group.num_rows > BigInt(maxGroupRows)) {
    throw new LoupeError('unsupported', `corpus: a row group of ${path} holds ${group.num_rows} rows and ${column.total_uncompressed_size} bytes of text; ` +
      `at most ${maxGroupRows} rows and ${maxGroupBytes} bytes are read at once. Write the file again with smaller row groups.`);
  }
  return Number(group.num_rows);
}

async function* documents(path: string, field: string): AsyncGenerator<CorpusDocument> {
  const fd = openSync(path, 'r');
  try {
    const file = fileBuffer(fd, path);
    const metadata = await guarded(path, () => parquetMetadataAsync(file, { geoparquet: false }));
    requireColumn(path, metadata, field);
    let row = 0;
    for (const group of metadata.row_groups) {
      const end = row + groupRows(path, group, field, file.byteLength);
      const read = { file, metadata, compressors, columns: [field], rowStart: row, rowEnd: end, geoparquet: false };
      for (const value of await guarded(path, () => parquetReadObjects(read))) {
        const text: unknown = value[field];
        if (typeof text === 'string' && text.trim() !== '') yield { id: `${basename(path)}:${row}`, text };
        row++;
      }
      row = end;
    }
  } finally {
    closeSync(fd);
  }
}

async function open(path: string, options: CorpusOptions): Promise<Corpus> {
  requireFile(path);
  return { name: basename(path), sources: [basename(path)], listing: false, documents: () => documents(path, options.field) };
}

export const parquetKind: CorpusKind = {
  id: 'parquet',
  title: 'Parquet',
  summary: 'A Parquet file (uncompressed, snappy, gzip, brotli or zstd); a document is the string in one of its columns.',
  accepts: (path, isFolder) => !isFolder && /\.parquet$/i.test(path),
  open,
};
