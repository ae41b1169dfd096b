import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EngineSupervisor } from '../../../../src/main/engine/supervisor.ts';
import { inTime } from '../../../../src/main/in-time.ts';
import { askPlan, knownPlan } from '../../../../src/main/models/plans.ts';
import type { LmPlan } from '../../../../src/shared/schema/lm.ts';
import { LoupeError } from '../../../../src/shared/errors.ts';

function engineOf(answer: (asked: number) => Promise<LmPlan>): { engine: EngineSupervisor; asked: () => number } {
  let asked = 0;
  return { engine: { request: () => answer(++asked) } as unknown as EngineSupervisor, asked: () => asked };
}
const plan = (tokensPerStep: number): LmPlan => ({ tokensPerStep }) as unknown as LmPlan;

test('a plan is asked for once, and anew where the machine matters', async () => {
  const { engine, asked } = engineOf(async (n) => plan(n));
  assert.equal((await knownPlan(engine, { arch: 'dense' }))!.tokensPerStep, 1);
  assert.equal((await knownPlan(engine, { arch: 'dense' }))!.tokensPerStep, 1);
  assert.equal((await askPlan(engine, { arch: 'dense' }))!.tokensPerStep, 2);
  assert.equal((await knownPlan(engine, { arch: 'dense' }))!.tokensPerStep, 2);
  assert.equal((await knownPlan(engine, { arch: 'moe-x' }))!.tokensPerStep, 3);
  assert.equal(asked(), 3);
});

test('a refusal is told to who asks, and is no plan to who only wants counts', async () => {
  const { engine } = engineOf(async () => { throw new LoupeError('bad-config', 'heads is 3'); });
  await assert.rejects(askPlan(engine, {}), { kind: 'bad-config' });
  assert.equal(await knownPlan(engine, {}), null);
});

test('what takes too long is answered otherwise', async () => {
  assert.equal(await inTime(new Promise<number>(() => {}), 5, 1), 5);
  assert.equal(await inTime(Promise.resolve(4), 5, 1000), 4);
});
