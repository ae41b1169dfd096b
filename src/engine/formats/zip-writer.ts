/** Writing ZIP archives with stored members, each at a multiple of 64 bytes, as torch.save and numpy.savez lay them out. */
import { crc32 } from 'node:zlib';
import { LoupeError } from '../../shared/errors.ts';
import { writeAll, writeFileWith } from '../files/atomic.ts';

export interface ZipPart {
  readonly name: string;
  readonly data: Uint8Array;
}

const alignment = 64;
/** Sizes and offsets are 32 bits wide without ZIP64, and the last value means "look elsewhere". */
const mostBytes = 0xffffffff - 1;
/** 1 January 1980, midnight: equal contents give equal files. */
const dosDate = 0x0021;

/** What local header and directory entry say alike, from "version needed" to "length of the name". */
function commonFields(name: Uint8Array, data: Uint8Array): Buffer {
  const fields = Buffer.alloc(24);
  fields.writeUInt16LE(20, 0);
  fields.writeUInt16LE(dosDate, 8);
  fields.writeUInt32LE(crc32(data), 10);
  fields.writeUInt32LE(data.byteLength, 14);
  fields.writeUInt32LE(data.byteLength, 18);
  fields.writeUInt16LE(name.byteLength, 22);
  return fields;
}

/** A local header whose data begins at a multiple of `alignment`; the gap is an extra field, as torch writes it ("FB"). */
function localHeader(name: Uint8Array, fields: Buffer, offset: number): Buffer {
  const bare = offset + 30 + name.byteLength + 4;
  const gap = (alignment - (bare % alignment)) % alignment;
  const header = Buffer.alloc(30 + name.byteLength + 4 + gap);
  header.writeUInt32LE(0x04034b50, 0);
  fields.copy(header, 4);
  header.writeUInt16LE(4 + gap, 28);
  header.set(name, 30);
  header.write('FB', 30 + name.byteLength, 'latin1');
  header.writeUInt16LE(gap, 32 + name.byteLength);
  return header;
}

function directoryEntry(name: Uint8Array, fields: Buffer, offset: number): Buffer {
  const entry = Buffer.alloc(46 + name.byteLength);
  entry.writeUInt32LE(0x02014b50, 0);
  entry.writeUInt16LE(20, 4);
  fields.copy(entry, 6);
  entry.writeUInt32LE(offset, 42);
  entry.set(name, 46);
  return entry;
}

function endRecord(count: number, bytes: number, offset: number): Buffer {
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(count, 8);
  end.writeUInt16LE(count, 10);
  end.writeUInt32LE(bytes, 12);
  end.writeUInt32LE(offset, 16);
  return end;
}

/** Writes an archive whole or not at all. Kind unsupported when it would be larger than 4 GB. */
export function writeZip(path: string, parts: readonly ZipPart[]): void {
  const total = parts.reduce((sum, { name, data }) => sum + data.byteLength + 2 * Buffer.byteLength(name) + 200, 22);
  if (total > mostBytes) throw new LoupeError('unsupported', `${path} would have ${total} bytes; Loupe writes such archives up to 4 GB. Choose a format of safetensors files.`);
  writeFileWith(path, (fd) => {
    const entries: Buffer[] = [];
    let offset = 0;
    for (const { name, data } of parts) {
      const label = Buffer.from(name);
      const fields = commonFields(label, data);
      const header = localHeader(label, fields, offset);
      writeAll(fd, header);
      writeAll(fd, data);
      entries.push(directoryEntry(label, fields, offset));
      offset += header.byteLength + data.byteLength;
    }
    const directory = Buffer.concat(entries);
    writeAll(fd, directory);
    writeAll(fd, endRecord(parts.length, directory.byteLength, offset));
  });
}
