import assert from 'node:assert/strict';
import { test } from 'node:test';
import { memoryNow, parseGpus, parseStatus, residentBytes } from '../../../src/main/memory.ts';
import { memorySchema } from '../../../src/shared/schema/disk.ts';

test('memory is told in bytes, of this process, of the engine, of the machine', async () => {
  const memory = memorySchema.parse(await memoryNow(process.pid));
  assert.ok(memory.main.rss > 10e6 && memory.machine.total > memory.main.rss);
  // The engine of this test is this very process.
  assert.equal(memory.engine?.pid, process.pid);
  assert.equal((await memoryNow(undefined)).engine, null);
});

test('the resident size is read from /proc, in kilobytes of 1,024 bytes', () => {
  assert.equal(parseStatus('Name:\tnode\nVmRSS:\t    1000 kB\nThreads:\t4\n'), 1_024_000);
  assert.equal(parseStatus('Name:\tkthreadd\n'), null);
});

test('a process that has gone has no size', async () => {
  assert.equal(await residentBytes(2 ** 30), null);
});

test('cards are read line by line, their memory in MiB; anything else is none', () => {
  assert.deepEqual(parseGpus('NVIDIA H100 80GB HBM3, 1024, 81559\n'), [{ name: 'NVIDIA H100 80GB HBM3', used: 2 ** 30, total: 81559 * 2 ** 20 }]);
  assert.deepEqual(parseGpus('No devices were found\n'), []);
});
