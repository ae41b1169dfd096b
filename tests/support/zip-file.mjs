/** Writes small ZIP archives for tests: stored or deflated entries, and fields that can be made to lie. */
import { crc32, deflateRawSync } from 'node:zlib';

function header(entry, stored) {
  const { name, data, claims = {} } = entry;
  const crc = claims.crc ?? crc32(data);
  const fields = Buffer.alloc(20);
  fields.writeUInt16LE(stored === data ? 0 : 8, 0);
  fields.writeUInt32LE(crc, 6);
  fields.writeUInt32LE(claims.compressedSize ?? stored.length, 10);
  fields.writeUInt32LE(claims.size ?? data.length, 14);
  fields.writeUInt16LE(Buffer.byteLength(name), 18);
  return fields;
}

const word = (signature, length) => {
  const bytes = Buffer.alloc(length);
  bytes.writeUInt32LE(signature, 0);
  return bytes;
};

/** A ZIP archive as bytes. @param {{name: string, data: Buffer, method?: 'stored' | 'deflated', claims?: {crc?: number, size?: number, compressedSize?: number, offset?: number}}[]} entries */
export function zipBytes(entries) {
  const parts = [];
  const directory = [];
  let offset = 0;
  for (const entry of entries) {
    const stored = entry.method === 'stored' ? entry.data : deflateRawSync(entry.data);
    const fields = header(entry, stored);
    const local = Buffer.concat([word(0x04034b50, 8), fields, Buffer.alloc(2), Buffer.from(entry.name), stored]);
    const tail = Buffer.alloc(16);
    tail.writeUInt32LE(entry.claims?.offset ?? offset, 12);
    directory.push(Buffer.concat([word(0x02014b50, 10), fields, tail, Buffer.from(entry.name)]));
    parts.push(local);
    offset += local.length;
  }
  const listing = Buffer.concat(directory);
  const end = word(0x06054b50, 22);
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(listing.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...parts, listing, end]);
}
