/**
 * Tries mutations in a process that may die of them: `node mutation-child.ts TARGET FIRST COUNT FOLDER`.
 * Says each number before it is tried, and what came of all at the end, as JSON lines on stdout.
 */
import { existsSync, readFileSync, writeSync } from 'node:fs';
import { LoupeError, errorKinds } from '../../src/shared/errors.ts';
import { takeLargest, watchAllocations } from './allocations.ts';
import { mutate } from './mutations.ts';

/** No file here is larger than 300 kB. */
const mostBytes = 64 << 20;

const [name, first, count, root] = process.argv.slice(2) as [string, string, string, string];
const say = (value: unknown): void => void writeSync(1, `${JSON.stringify(value)}\n`);
// Watched from before the code under test is loaded: it may keep constructors in tables.
watchAllocations();
const { prepared } = await import('./mutation-targets.ts');
const { target, bytes, folder } = await prepared(name, root);
const head = target.head(bytes);
const kinds: Record<string, number> = {};
const failures: string[] = [];
let largest = 0;

function judge(error: unknown, number: number): void {
  const known = error instanceof LoupeError && errorKinds.includes(error.kind) && error.kind !== 'defect' && error.kind !== 'engine-lost';
  const kind = known ? error.kind : 'failed';
  kinds[kind] = (kinds[kind] ?? 0) + 1;
  if (!known) failures.push(`mutation ${number}: ${error instanceof Error ? error.stack : String(error)}`);
}

for (let number = Number(first); number < Number(first) + Number(count); number++) {
  const damaged = target.mutate === undefined ? mutate(bytes, head, number) : target.mutate(bytes, folder, number);
  say({ number });
  takeLargest();
  try {
    await target.use(damaged, folder, number);
    kinds['accepted'] = (kinds['accepted'] ?? 0) + 1;
  } catch (error) {
    judge(error, number);
  }
  const asked = takeLargest();
  if (asked > mostBytes) failures.push(`mutation ${number} asked for ${asked} bytes at once`);
  largest = Math.max(largest, asked);
}
await target.finish?.();
say({ kinds, failures: failures.slice(0, 5), failed: failures.length, largest, peakMegabytes: Math.round(peakKilobytes() / 1024) });
process.exit(0);

/** Of this process alone: what the operating system counts for a child begins at its parent's size when it was made, which is that of whatever ran there before. */
function peakKilobytes(): number {
  const peak = existsSync('/proc/self/status') ? /^VmHWM:\s+(\d+) kB$/mu.exec(readFileSync('/proc/self/status', 'utf8')) : null;
  return peak === null ? process.resourceUsage().maxRSS : Number(peak[1]);
}
