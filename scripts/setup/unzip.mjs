/**
 * Reading ZIP archives (Python wheels are ZIPs) with Node's built-ins: central directory, ZIP64, stored and deflated
 * entries, CRC-32. The archive is untrusted until its hash is checked: every offset and size is bounded by the file's.
 */
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, open } from 'node:fs/promises';
import { dirname, join, sep } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createInflateRaw } from 'node:zlib';

const endSignature = 0x06054b50;
const end64LocatorSignature = 0x07064b50;
const end64Signature = 0x06064b50;
const entrySignature = 0x02014b50;
const localSignature = 0x04034b50;
const longestComment = 65_535;

/** @typedef {{name: string, method: number, compressedSize: number, size: number, crc: number, offset: number}} ZipEntry */

/** Reads exactly `length` bytes at `position`, or refuses.
 * @param {import('node:fs/promises').FileHandle} file */
async function readAt(file, position, length, fileSize) {
  if (position < 0 || length < 0 || position + length > fileSize) {
    throw new Error(`corrupt archive: ${length} bytes at ${position} lie outside its ${fileSize} bytes`);
  }
  const bytes = Buffer.alloc(length);
  const { bytesRead } = await file.read(bytes, 0, length, position);
  if (bytesRead !== length) throw new Error(`corrupt archive: cut short at byte ${position + bytesRead}`);
  return bytes;
}

/** Where the central directory lies. */
async function findDirectory(file, fileSize) {
  const tailLength = Math.min(fileSize, longestComment + 22);
  const tail = await readAt(file, fileSize - tailLength, tailLength, fileSize);
  let at = tail.length - 22;
  while (at >= 0 && tail.readUInt32LE(at) !== endSignature) at -= 1;
  if (at < 0) throw new Error('not a ZIP archive, or cut short: no end record');
  const locatorAt = at - 20;
  const is64 = locatorAt >= 0 && tail.readUInt32LE(locatorAt) === end64LocatorSignature;
  if (!is64) {
    return { count: tail.readUInt16LE(at + 10), size: tail.readUInt32LE(at + 12), offset: tail.readUInt32LE(at + 16) };
  }
  const end64 = await readAt(file, Number(tail.readBigUInt64LE(locatorAt + 8)), 56, fileSize);
  if (end64.readUInt32LE(0) !== end64Signature) throw new Error('corrupt archive: bad ZIP64 end record');
  return {
    count: Number(end64.readBigUInt64LE(32)),
    size: Number(end64.readBigUInt64LE(40)),
    offset: Number(end64.readBigUInt64LE(48)),
  };
}

/** Replaces 32-bit fields that are all ones by those of the ZIP64 extra field. */
function widen(entry, extra) {
  for (let at = 0; at + 4 <= extra.length; ) {
    const id = extra.readUInt16LE(at);
    const length = extra.readUInt16LE(at + 2);
    if (id === 1) {
      let field = at + 4;
      for (const key of ['size', 'compressedSize', 'offset']) {
        if (entry[key] !== 0xffffffff) continue;
        if (field + 8 > at + 4 + length || field + 8 > extra.length) throw new Error('corrupt archive: short ZIP64 field');
        entry[key] = Number(extra.readBigUInt64LE(field));
        field += 8;
      }
    }
    at += 4 + length;
  }
  return entry;
}

function parseEntry(directory, at) {
  if (at + 46 > directory.length || directory.readUInt32LE(at) !== entrySignature) {
    throw new Error(`corrupt archive: bad directory entry at ${at}`);
  }
  const nameLength = directory.readUInt16LE(at + 28);
  const extraLength = directory.readUInt16LE(at + 30);
  const next = at + 46 + nameLength + extraLength + directory.readUInt16LE(at + 32);
  if (next > directory.length) throw new Error(`corrupt archive: directory entry at ${at} is cut short`);
  const entry = {
    name: directory.toString('utf8', at + 46, at + 46 + nameLength),
    method: directory.readUInt16LE(at + 10),
    crc: directory.readUInt32LE(at + 16),
    compressedSize: directory.readUInt32LE(at + 20),
    size: directory.readUInt32LE(at + 24),
    offset: directory.readUInt32LE(at + 42),
  };
  return { entry: widen(entry, directory.subarray(at + 46 + nameLength, at + 46 + nameLength + extraLength)), next };
}

/** The entries of an archive.
 * @param {string} path
 * @returns {Promise<ZipEntry[]>} */
export async function listZip(path) {
  const file = await open(path, 'r');
  try {
    const fileSize = (await file.stat()).size;
    const { count, size, offset } = await findDirectory(file, fileSize);
    const directory = await readAt(file, offset, size, fileSize);
    const entries = [];
    for (let i = 0, at = 0; i < count; i += 1) {
      const { entry, next } = parseEntry(directory, at);
      entries.push(entry);
      at = next;
    }
    return entries;
  } finally {
    await file.close();
  }
}

/** The name as a path below the target, or a refusal of names that climb out of it. */
export function safeTarget(root, name) {
  const parts = name.split('/');
  const bad = name.includes('\\') || name.includes('\0') || name.startsWith('/') || /^[a-z]:/i.test(name);
  if (bad || parts.includes('..') || parts.includes('')) throw new Error(`archive entry has an unsafe name: ${name}`);
  return join(root, parts.join(sep));
}

const crcTable = Uint32Array.from({ length: 256 }, (_, n) => {
  let c = n;
  for (let bit = 0; bit < 8; bit += 1) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
  return c >>> 0;
});

/** Passes bytes through, refusing more than `size` and, at the end, fewer or a wrong CRC-32. The CRC is skipped for
 * large entries: the whole archive's SHA-256 has been checked, and a table CRC costs seconds on hundreds of MB. */
function checked(entry, onBytes) {
  const largestForCrc = 16 * 1024 * 1024;
  let seen = 0;
  let crc = 0xffffffff;
  return new Transform({
    transform(chunk, _encoding, done) {
      seen += chunk.length;
      if (seen > entry.size) return done(new Error(`archive entry ${entry.name} is longer than the ${entry.size} bytes it claims`));
      if (entry.size <= largestForCrc) for (const byte of chunk) crc = crcTable[(crc ^ byte) & 0xff] ^ (crc >>> 8);
      onBytes?.(chunk.length);
      return done(null, chunk);
    },
    flush(done) {
      if (seen !== entry.size) return done(new Error(`archive entry ${entry.name} has ${seen} bytes, not ${entry.size}`));
      const wrong = entry.size <= largestForCrc && ((crc ^ 0xffffffff) >>> 0) !== entry.crc;
      return done(wrong ? new Error(`archive entry ${entry.name} is corrupt (CRC-32)`) : null);
    },
  });
}

/** Extracts one entry to `target`, by streams: memory does not grow with its size.
 * @param {string} path @param {ZipEntry} entry @param {string} target @param {(bytes: number) => void} [onBytes] */
export async function extractEntry(path, entry, target, onBytes) {
  const file = await open(path, 'r');
  let start;
  try {
    const fileSize = (await file.stat()).size;
    const local = await readAt(file, entry.offset, 30, fileSize);
    if (local.readUInt32LE(0) !== localSignature) throw new Error(`corrupt archive: no local header for ${entry.name}`);
    start = entry.offset + 30 + local.readUInt16LE(26) + local.readUInt16LE(28);
    if (start + entry.compressedSize > fileSize) throw new Error(`corrupt archive: ${entry.name} lies outside the file`);
  } finally {
    await file.close();
  }
  await mkdir(dirname(target), { recursive: true });
  const sink = createWriteStream(target, { flags: 'w' });
  const check = checked(entry, onBytes);
  if (entry.compressedSize === 0) {
    check.end();
    return pipeline(check, sink);
  }
  const source = createReadStream(path, { start, end: start + entry.compressedSize - 1, highWaterMark: 1 << 20 });
  if (entry.method === 0) return pipeline(source, check, sink);
  if (entry.method !== 8) throw new Error(`archive entry ${entry.name} uses unknown compression method ${entry.method}`);
  return pipeline(source, createInflateRaw({ chunkSize: 1 << 18 }), check, sink);
}

/** Extracts what `rename` gives a name for (relative to `root`; undefined = leave out), `width` entries at a time.
 * @param {string} path @param {string} root @param {(name: string) => string | undefined} rename
 * @param {{onProgress?: (done: number, total: number) => void, width?: number}} [options] */
export async function extractZip(path, root, rename, { onProgress, width = 4 } = {}) {
  const wanted = (await listZip(path)).flatMap((entry) => {
    const name = entry.name.endsWith('/') ? undefined : rename(entry.name);
    return name === undefined ? [] : [{ entry, target: safeTarget(root, name) }];
  });
  wanted.sort((a, b) => b.entry.size - a.entry.size);
  const total = wanted.reduce((sum, { entry }) => sum + entry.size, 0);
  let done = 0;
  const onBytes = (bytes) => onProgress?.((done += bytes), total);
  const queue = wanted[Symbol.iterator]();
  const drain = async () => {
    for (const { entry, target } of queue) await extractEntry(path, entry, target, onBytes);
  };
  await Promise.all(Array.from({ length: width }, drain));
  return wanted.map(({ target }) => target);
}
