import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { Random } from '../../../../src/engine/random.ts';
import { verifyStore } from '../../../../src/engine/store/verify.ts';
import { temporaryFolder } from '../../../support/temporary.ts';

const child = join(import.meta.dirname, '../../../support/harvest-child.ts');

/** Harvests in a child; after `passes` passes and `delay` ms it is killed. Returns the passes it began and whether it ended by itself. */
async function runChild(folder: string, passes = Infinity, delay = 0): Promise<{ readonly begun: number; readonly ended: boolean }> {
  const running = spawn(process.execPath, [child, folder], { stdio: ['ignore', 'pipe', 'inherit'] });
  const closed = once(running, 'close');
  let [begun, ended] = [0, false];
  for await (const line of createInterface({ input: running.stdout })) {
    if (line === 'done') ended = true;
    else if (++begun === passes) {
      await setTimeout(delay);
      running.kill('SIGKILL');
    }
  }
  await closed;
  return { begun, ended };
}

test('a harvest that is killed again and again ends with the same bytes, and repeats little', { timeout: 60_000 }, async (t) => {
  const [whole, killed] = [join(temporaryFolder(t), 's'), join(temporaryFolder(t), 's')];
  const reference = await runChild(whole);
  assert.deepEqual(reference, { begun: 30, ended: true });
  const random = Random.from(5, 'kill');
  let [begun, kills] = [0, 0];
  for (let ended = false; !ended; kills++) {
    const run = await runChild(killed, 2 + random.integer(7), random.uniform() * 8);
    begun += run.begun;
    ended = run.ended;
    assert.ok(kills < 30, 'no progress');
  }
  assert.ok(kills > 3, `${kills}`);
  assert.deepEqual(readdirSync(killed).sort(), readdirSync(whole).sort());
  for (const name of readdirSync(whole)) assert.deepEqual(readFileSync(join(killed, name)), readFileSync(join(whole, name)), name);
  assert.deepEqual((await verifyStore(killed)).problems, []);
  // Every pass is flushed here, so that a kill costs the pass in work and at most the one before it.
  assert.ok(begun <= 30 + 2 * kills, `${begun} passes for 30, ${kills} runs`);
});
