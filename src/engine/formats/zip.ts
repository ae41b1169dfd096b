/**
 * Reading ZIP archives, the container of torch's `.pt` and NumPy's `.npz`: stored and deflated members, ZIP64.
 *
 * Archives come from strangers. Every offset is checked against the file's real size, members may not overlap, and a member that claims
 * to unpack to far more than the whole file weighs is refused before anything is inflated.
 */
import { closeSync, fstatSync } from 'node:fs';
import { crc32, inflateRawSync } from 'node:zlib';
import { LoupeError, nearestName } from '../../shared/errors.ts';
import { openToRead, readExactly } from './safetensors.ts';

export interface ZipMember {
  readonly name: string;
  /** Unpacked, in bytes. */
  readonly size: number;
}

export interface ZipArchive {
  readonly path: string;
  readonly members: ReadonlyMap<string, ZipMember>;
  /** A member's unpacked bytes, its CRC-32 checked. Kinds: not-found, bad-file. */
  read(name: string): Uint8Array<ArrayBuffer>;
  close(): void;
}

interface Entry extends ZipMember {
  readonly deflated: boolean;
  readonly packed: number;
  readonly crc: number;
  /** First byte of the local header. */
  readonly start: number;
}

const signatures = { end: 0x06054b50, end64Locator: 0x07064b50, end64: 0x06064b50, entry: 0x02014b50, local: 0x04034b50 } as const;
const longestComment = 65_535;
/** All members together may unpack to this much, and to `mostRatio` times the file beyond it: weights do not compress like zeros. */
const freeBytes = 64 << 20;
const mostRatio = 32;

function broken(path: string, what: string): LoupeError {
  return new LoupeError('bad-file', `${path} is not a usable ZIP archive: ${what}. Fetch or save it again.`);
}

/** True where a file begins like a ZIP archive. */
export function isZip(path: string): boolean {
  const fd = openToRead(path);
  try {
    return fstatSync(fd).size >= 4 && Buffer.from(readExactly(fd, 0, 4, path)).readUInt32LE(0) === signatures.local;
  } finally {
    closeSync(fd);
  }
}

/** Opens an archive and checks its directory. Kinds: not-found, bad-file, unsupported (encryption, another compression). */
export function openZip(path: string): ZipArchive {
  const fd = openToRead(path);
  try {
    const { size } = fstatSync(fd);
    const entries = new Map(readDirectory(fd, size, path).map((entry) => [entry.name, entry]));
    return {
      path, members: entries,
      read: (name) => readMember(fd, memberOf(entries, name, path), path),
      close: () => closeSync(fd),
    };
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

function memberOf(entries: ReadonlyMap<string, Entry>, name: string, path: string): Entry {
  const entry = entries.get(name);
  if (entry !== undefined) return entry;
  const near = nearestName(name, entries.keys());
  throw new LoupeError('not-found', `${path} has no member ${name}${near === undefined ? '' : `; the nearest is ${near}`}.`);
}

function at(fd: number, position: number, length: number, size: number, path: string): Buffer<ArrayBuffer> {
  const inside = Number.isSafeInteger(position) && Number.isSafeInteger(length) && position >= 0 && length >= 0 && position + length <= size;
  if (!inside) throw broken(path, `${length} bytes at ${position} are not in its ${size} bytes`);
  return Buffer.from(readExactly(fd, position, length, path).buffer);
}

/** Where the central directory lies. */
function findDirectory(fd: number, size: number, path: string): { readonly count: number; readonly bytes: number; readonly offset: number } {
  const tailLength = Math.min(size, longestComment + 22 + 20);
  const tail = at(fd, size - tailLength, tailLength, size, path);
  let end = tail.length - 22;
  while (end >= 0 && tail.readUInt32LE(end) !== signatures.end) end -= 1;
  if (end < 0) throw broken(path, 'it has no directory: it is none, or it was cut off');
  const locator = end - 20;
  if (locator < 0 || tail.readUInt32LE(locator) !== signatures.end64Locator) {
    return { count: tail.readUInt16LE(end + 10), bytes: tail.readUInt32LE(end + 12), offset: tail.readUInt32LE(end + 16) };
  }
  const end64 = at(fd, Number(tail.readBigUInt64LE(locator + 8)), 56, size, path);
  if (end64.readUInt32LE(0) !== signatures.end64) throw broken(path, 'its ZIP64 directory is missing');
  return { count: Number(end64.readBigUInt64LE(32)), bytes: Number(end64.readBigUInt64LE(40)), offset: Number(end64.readBigUInt64LE(48)) };
}

function readDirectory(fd: number, size: number, path: string): Entry[] {
  const { count, bytes, offset } = findDirectory(fd, size, path);
  const directory = at(fd, offset, bytes, size, path);
  if (count > bytes / 46) throw broken(path, `its directory of ${bytes} bytes claims ${count} members`);
  const entries: Entry[] = [];
  const names = new Set<string>();
  for (let i = 0, next = 0; i < count; i++) {
    const parsed = parseEntry(directory, next, size, path);
    next = parsed.next;
    if (names.has(parsed.entry.name)) throw broken(path, `it has two members ${JSON.stringify(parsed.entry.name)}`);
    names.add(parsed.entry.name);
    entries.push(parsed.entry);
  }
  refuseOverlap(entries, path);
  const unpacked = entries.reduce((sum, entry) => sum + entry.size, 0);
  if (unpacked > Math.max(freeBytes, mostRatio * size)) throw broken(path, `it claims to unpack to ${unpacked} bytes, and has ${size}`);
  return entries;
}

function parseEntry(directory: Buffer, start: number, fileBytes: number, path: string): { readonly entry: Entry; readonly next: number } {
  if (start + 46 > directory.length || directory.readUInt32LE(start) !== signatures.entry) throw broken(path, `its directory is damaged at byte ${start}`);
  const [nameLength, extraLength] = [directory.readUInt16LE(start + 28), directory.readUInt16LE(start + 30)];
  const next = start + 46 + nameLength + extraLength + directory.readUInt16LE(start + 32);
  if (next > directory.length) throw broken(path, `its directory is cut off at byte ${start}`);
  const name = directory.toString('utf8', start + 46, start + 46 + nameLength);
  const label = `member ${JSON.stringify(name)}`;
  const method = directory.readUInt16LE(start + 10);
  if ((directory.readUInt16LE(start + 8) & 1) !== 0) throw new LoupeError('unsupported', `${path}: ${label} is encrypted. Save the file again without a password.`);
  if (method !== 0 && method !== 8) throw new LoupeError('unsupported', `${path}: ${label} is compressed by method ${method}; Loupe reads stored and deflated members.`);
  const fields = widened(directory, start, nameLength, extraLength, path);
  const entry = { name, deflated: method === 8, crc: directory.readUInt32LE(start + 16), ...fields };
  if (entry.start + 30 + entry.packed > fileBytes) throw broken(path, `${label} is cut off`);
  if (!entry.deflated && entry.packed !== entry.size) throw broken(path, `${label} is stored and has two sizes, ${entry.packed} and ${entry.size}`);
  return { entry, next };
}

/** Sizes and place of an entry; 32-bit fields that are all ones are those of the ZIP64 extra field. */
function widened(directory: Buffer, start: number, nameLength: number, extraLength: number, path: string): Pick<Entry, 'size' | 'packed' | 'start'> {
  const fields = { size: directory.readUInt32LE(start + 24), packed: directory.readUInt32LE(start + 20), start: directory.readUInt32LE(start + 42) };
  const extra = directory.subarray(start + 46 + nameLength, start + 46 + nameLength + extraLength);
  for (let i = 0; i + 4 <= extra.length; ) {
    const length = extra.readUInt16LE(i + 2);
    let field = i + 4;
    for (const key of extra.readUInt16LE(i) === 1 ? (['size', 'packed', 'start'] as const) : []) {
      if (fields[key] !== 0xffffffff) continue;
      if (field + 8 > Math.min(i + 4 + length, extra.length)) throw broken(path, 'a ZIP64 field is too short');
      fields[key] = Number(extra.readBigUInt64LE(field));
      field += 8;
    }
    i += 4 + length;
  }
  if (!Object.values(fields).every(Number.isSafeInteger)) throw broken(path, 'a member has an impossible size');
  return fields;
}

/** Members that share bytes make a small file unpack to a huge one. */
function refuseOverlap(entries: readonly Entry[], path: string): void {
  const ordered = [...entries].sort((a, b) => a.start - b.start);
  for (let i = 1; i < ordered.length; i++) {
    const [before, after] = [ordered[i - 1]!, ordered[i]!];
    if (before.start + 30 + before.packed > after.start) throw broken(path, `members ${JSON.stringify(before.name)} and ${JSON.stringify(after.name)} overlap`);
  }
}

function readMember(fd: number, entry: Entry, path: string): Uint8Array<ArrayBuffer> {
  const { size: fileBytes } = fstatSync(fd);
  const label = `member ${JSON.stringify(entry.name)}`;
  const local = at(fd, entry.start, 30, fileBytes, path);
  if (local.readUInt32LE(0) !== signatures.local) throw broken(path, `${label} does not begin where the directory says`);
  const first = entry.start + 30 + local.readUInt16LE(26) + local.readUInt16LE(28);
  const packed = at(fd, first, entry.packed, fileBytes, path);
  const bytes = entry.deflated ? inflated(packed, entry, path) : new Uint8Array(packed.buffer);
  if (crc32(bytes) !== entry.crc) throw broken(path, `${label} is damaged (CRC-32), or was saved without checksums`);
  return bytes;
}

function inflated(packed: Uint8Array, { name, size }: Entry, path: string): Uint8Array<ArrayBuffer> {
  let bytes: Buffer;
  try {
    bytes = inflateRawSync(packed, { maxOutputLength: Math.max(1, size) });
  } catch (cause) {
    throw broken(path, `member ${JSON.stringify(name)} does not unpack to the ${size} bytes it claims (${(cause as Error).message})`);
  }
  if (bytes.byteLength !== size) throw broken(path, `member ${JSON.stringify(name)} unpacks to ${bytes.byteLength} bytes, not ${size}`);
  // a buffer of its own, so that typed arrays can lie over it
  return new Uint8Array(bytes);
}
