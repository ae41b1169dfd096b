import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { ElectronClient } from '../../../../src/renderer/src/client-electron.ts';
import { LoupeError } from '../../../../src/shared/errors.ts';

const target = new EventTarget();
beforeEach(() => { Object.assign(globalThis, { window: target, addEventListener: target.addEventListener.bind(target) }); });
afterEach(() => { for (const name of ['window', 'addEventListener']) Reflect.deleteProperty(globalThis, name); });

const message = (data: unknown, ports: MessagePort[], source: unknown = target): Event => Object.assign(new Event('message'), { data, ports, source });

test('commands go through the bridge; errors come back with their kind', async () => {
  const asked: unknown[] = [];
  const client = new ElectronClient({
    invoke: async (name, input) => {
      asked.push([name, input]);
      return name === 'jobs.get' ? { error: { kind: 'not-found', message: 'no run x' } } : { output: { jobs: [] } };
    },
  });
  assert.equal(client.state, 'open');
  assert.deepEqual(await client.invoke('jobs.list', {}), { jobs: [] });
  await assert.rejects(client.invoke('jobs.get', { id: 'x' }), (error: LoupeError) => error instanceof LoupeError && error.kind === 'not-found');
  assert.deepEqual(asked, [['jobs.list', {}], ['jobs.get', { id: 'x' }]]);
});

test('events come through the port that the preload hands over, and through no other', async () => {
  const client = new ElectronClient({ invoke: async () => ({ output: {} }) });
  const heard: string[] = [];
  client.on('catalog.requested', ({ path }) => heard.push(path));
  const ours = new MessageChannel();
  const foreign = new MessageChannel();
  target.dispatchEvent(message('loupe:events', [foreign.port2], {}));
  target.dispatchEvent(message('something', [foreign.port2]));
  target.dispatchEvent(message('loupe:events', [ours.port2]));
  foreign.port1.postMessage({ name: 'catalog.requested', payload: { path: '/foreign' } });
  ours.port1.postMessage({ name: 'catalog.requested', payload: { path: '/ours' } });
  while (heard.length === 0) await new Promise((turn) => setTimeout(turn, 5));
  assert.deepEqual(heard, ['/ours']);
  for (const port of [ours.port1, foreign.port1]) port.close();
});
