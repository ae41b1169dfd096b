/** How much memory Loupe's processes and this machine use, now. Bytes everywhere. */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import type { Memory } from '../shared/schema/disk.ts';
import { findProgram, inspectMachine } from './doctor/machine.ts';

const run = promisify(execFile);
const timeout = 2000;

/** `VmRSS` of a /proc/PID/status in bytes, or null. */
export function parseStatus(text: string): number | null {
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(text)?.[1];
  return kilobytes === undefined ? null : Number(kilobytes) * 1024;
}

/** Resident bytes of another process: from /proc, else from `ps`; null where neither tells. */
export async function residentBytes(pid: number, platform: NodeJS.Platform = process.platform): Promise<number | null> {
  try {
    if (platform === 'linux') return parseStatus(await readFile(`/proc/${pid}/status`, 'utf8'));
    if (platform === 'win32') return null;
    const { stdout } = await run('ps', ['-o', 'rss=', '-p', String(pid)], { timeout });
    const kilobytes = Number(stdout.trim());
    return Number.isFinite(kilobytes) && kilobytes > 0 ? kilobytes * 1024 : null;
  } catch {
    return null;
  }
}

/** Lines of `nvidia-smi --query-gpu=name,memory.used,memory.total --format=csv,noheader,nounits`; its unit is MiB. */
export function parseGpus(text: string): Memory['gpus'] {
  return text.split('\n').flatMap((line) => {
    const found = /^(.+),\s*(\d+),\s*(\d+)\s*$/.exec(line.trim());
    return found === null ? [] : [{ name: found[1]!.trim(), used: Number(found[2]) * 2 ** 20, total: Number(found[3]) * 2 ** 20 }];
  });
}

async function gpus(): Promise<Memory['gpus']> {
  const program = findProgram(['nvidia-smi']);
  if (program === null) return [];
  try {
    return parseGpus((await run(program, ['--query-gpu=name,memory.used,memory.total', '--format=csv,noheader,nounits'], { timeout })).stdout);
  } catch {
    return [];
  }
}

/** `enginePid` is undefined while no engine runs. */
export async function memoryNow(enginePid: number | undefined): Promise<Memory> {
  const { rss, heapUsed, heapTotal } = process.memoryUsage();
  const { memoryBytes, freeMemoryBytes } = inspectMachine();
  const engine = enginePid === undefined ? null : { pid: enginePid, rss: await residentBytes(enginePid) };
  return { main: { rss, heapUsed, heapTotal }, engine, machine: { total: memoryBytes, available: freeMemoryBytes }, gpus: await gpus() };
}
