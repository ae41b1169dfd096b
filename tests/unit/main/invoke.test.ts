import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createInvoke } from '../../../src/main/invoke.ts';
import { eventHub } from '../../../src/main/events.ts';
import type { Handlers } from '../../../src/shared/contract.ts';
import type { LoupeError } from '../../../src/shared/errors.ts';

const handlers = {
  'jobs.get': async ({ id }: { id: string }) => ({ id }),
  'jobs.pause': async () => ({}),
} as unknown as Handlers;

test('an unknown command is refused with the nearest name', async () => {
  await assert.rejects(createInvoke(handlers)('jobs.gett', {}), (e: LoupeError) => e.kind === 'bad-request' && /did you mean jobs\.get\?/.test(e.message));
  for (const name of [null, 5, {}, 'constructor', '__proto__']) await assert.rejects(createInvoke(handlers)(name, {}), (e: LoupeError) => e.kind === 'bad-request');
});

test('the message names the command and the field', async () => {
  await assert.rejects(createInvoke(handlers)('jobs.get', { id: 'a/b' }), (e: LoupeError) => /^jobs\.get: id: /.test(e.message));
});

test('outputs are checked where that is asked for', async () => {
  assert.deepEqual(await createInvoke(handlers)('jobs.get', { id: 'a' }), { id: 'a' });
  await assert.rejects(createInvoke(handlers, true)('jobs.get', { id: 'a' }), (e: LoupeError) => e.kind === 'defect' && /jobs\.get/.test(e.message));
  assert.deepEqual(await createInvoke(handlers, true)('jobs.pause', { id: 'a' }), {});
});

test('events reach every listener until it leaves, whatever another does', (t) => {
  t.mock.method(console, 'error', () => {});
  const hub = eventHub();
  const seen: string[] = [];
  hub.subscribe(() => { throw new Error('mine'); });
  const leave = hub.subscribe((name) => seen.push(name));
  hub.emit('workspace.changed', {});
  leave();
  hub.emit('workspace.changed', {});
  assert.deepEqual(seen, ['workspace.changed']);
});
