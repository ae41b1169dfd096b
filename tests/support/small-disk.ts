/** A disk of a few kilobytes in memory, to be filled or made read-only. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';

export interface SmallDisk {
  readonly folder: string;
  readonly resize: (kilobytes: number) => void;
  readonly readOnly: (on: boolean) => void;
}

/** Why there can be none here, or false. */
export const noDisks: string | false = ((): string | false => {
  const folder = mkdtempSync(join(tmpdir(), 'loupe-disk-'));
  try {
    const mounted = process.platform === 'linux' && spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=100k', 'tmpfs', folder]).status === 0;
    if (mounted) spawnSync('umount', [folder]);
    return mounted ? false : 'mounting a small tmpfs is not allowed here';
  } finally {
    rmdirSync(folder);
  }
})();

function remount(folder: string, option: string): void {
  const { status, stderr } = spawnSync('mount', ['-o', `remount,${option}`, folder], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`remount,${option}: ${stderr}`);
}

export function smallDisk(t: TestContext, kilobytes: number): SmallDisk {
  const folder = mkdtempSync(join(tmpdir(), 'loupe-disk-'));
  const { status, stderr } = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${kilobytes}k`, 'tmpfs', folder], { encoding: 'utf8' });
  t.after(() => {
    if (status === 0) spawnSync('umount', ['-l', folder]);
    rmdirSync(folder);
  });
  if (status !== 0) throw new Error(`mount: ${stderr}`);
  return { folder, resize: (size) => remount(folder, `size=${size}k`), readOnly: (on) => remount(folder, on ? 'ro' : 'rw') };
}
