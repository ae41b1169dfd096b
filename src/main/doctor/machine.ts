/** What this machine has: processor, memory, disk, tools. Nothing here touches a tensor. */
import { accessSync, constants, existsSync, readdirSync, readFileSync, statfsSync, statSync } from 'node:fs';
import type { Dirent } from 'node:fs';
import { arch, availableParallelism, cpus, freemem, platform, release, totalmem } from 'node:os';
import { delimiter, dirname, join } from 'node:path';

export interface Machine {
  readonly platform: string;
  readonly arch: string;
  /** the operating system's kernel version */
  readonly release: string;
  readonly cpu: string;
  /** threads that this process may use */
  readonly threads: number;
  readonly memoryBytes: number;
  readonly freeMemoryBytes: number;
  /** version of the NVIDIA driver, or null */
  readonly nvidiaDriver: string | null;
}

/** Memory that can be had without swapping: Linux's own estimate counts its caches, `freemem` does not everywhere. */
function availableMemory(): number {
  try {
    const line = /^MemAvailable:\s+(\d+) kB$/m.exec(readFileSync('/proc/meminfo', 'utf8'));
    return line?.[1] === undefined ? freemem() : Number(line[1]) * 1024;
  } catch {
    return freemem();
  }
}

function nvidiaDriver(): string | null {
  try {
    const text = readFileSync('/proc/driver/nvidia/version', 'utf8');
    return /\b(\d{3}\.\d+(?:\.\d+)?)\b/.exec(text)?.[1] ?? 'unknown version';
  } catch {
    return null;
  }
}

/** The facts of this machine; sizes in bytes. */
export function inspectMachine(): Machine {
  return {
    platform: platform(),
    arch: arch(),
    release: release(),
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    threads: availableParallelism(),
    memoryBytes: totalmem(),
    freeMemoryBytes: availableMemory(),
    nvidiaDriver: nvidiaDriver(),
  };
}

/** Free bytes of the disk that holds `path` or the nearest folder above it that exists; null where it cannot be told. */
export function freeDiskBytes(path: string): number | null {
  for (let folder = path; ; folder = dirname(folder)) {
    if (existsSync(folder)) {
      try {
        const { bavail, bsize } = statfsSync(folder);
        return bavail * bsize;
      } catch {
        return null;
      }
    }
    if (dirname(folder) === folder) return null;
  }
}

/** Bytes of all files below a folder; 0 where it does not exist. Links are not followed (a recursive readdir would). */
export function folderBytes(folder: string): number {
  let sum = 0;
  for (const entry of listFolder(folder)) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) sum += folderBytes(path);
    else if (entry.isFile()) sum += statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  }
  return sum;
}

/** The entries of a folder; none where it does not exist or may not be read. */
function listFolder(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/** The first of `names` on PATH, or null. */
export function findProgram(names: readonly string[], env: Readonly<Record<string, string | undefined>> = process.env): string | null {
  const folders = (env['PATH'] ?? '').split(delimiter).filter(Boolean);
  const endings = platform() === 'win32' ? ['.exe', '.cmd'] : [''];
  for (const name of names) {
    for (const folder of folders) {
      const found = endings.map((ending) => join(folder, name + ending)).find(isProgram);
      if (found !== undefined) return found;
    }
  }
  return null;
}

/** Whether a folder, or the nearest one above it that exists, can be written. */
export function isWritable(path: string): boolean {
  for (let folder = path; ; folder = dirname(folder)) {
    if (existsSync(folder)) {
      try {
        accessSync(folder, constants.W_OK);
        return true;
      } catch {
        return false;
      }
    }
    if (dirname(folder) === folder) return false;
  }
}
