import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { z } from 'zod';
import { commands } from '../../src/shared/contract.ts';
import type { HostMessage } from '../../src/shared/wire.ts';
import { TestClient } from '../unit/main/transport/client.ts';
import { openServices, serve, token } from '../unit/main/transport/host.ts';
import * as electron from './stand-in-electron.ts';

electron.registerStandIn();
const { channelPrefix, connectEvents, isOwnFrame, registerCommands } = await import('../../src/main/transport/electron.ts');
after(() => electron.handlers.clear());

/** No field of any command takes this. */
const wrong = [[[]]];

/** Inputs that no command takes, and for each field of each command an input that is wrong in that field. */
function junkFor(name: keyof typeof commands): unknown[] {
  const { input } = commands[name];
  const shape = input instanceof z.ZodObject ? Object.keys(input.shape) : [];
  const anywhere: unknown[] = [null, 1, 'text', true, [], [{}], { surprise: 1 }, { constructor: 1 }, { path: { $tensor: 0 } }];
  return [...anywhere, ...shape.map((field) => ({ [field]: wrong })), Object.fromEntries(shape.map((field) => [field, wrong]))]
    .filter((value) => shape.length > 0 || !(typeof value === 'object' && value !== null && Object.keys(value).length === 0 && !Array.isArray(value)));
}

/** Inputs whose fields are of the right type and out of their range. */
const outOfRange: readonly (readonly [keyof typeof commands, Record<string, unknown>])[] = [
  ['jobs.get', { id: '../../etc' }], ['jobs.get', { id: 'x'.repeat(81) }], ['jobs.log', { id: 'a', tail: 0 }], ['jobs.log', { id: 'a', tail: 1e9 }],
  ['jobs.start', { kind: 'shell', config: {} }], ['files.browse', { path: '' }], ['files.browse', { path: 'x'.repeat(5000) }],
  ['catalog.feature', { catalog: '/a', source: 1, index: -1 }], ['catalog.feature', { catalog: '/a', source: 1.5, index: 0 }],
  ['catalog.columns', { catalog: '/a', source: 1, names: [] }], ['catalog.columns', { catalog: '/a', source: 1, names: ['sql'] }],
  ['catalog.features', { catalog: '/a', source: 1, sort: 'density; drop table', descending: true, filter: {}, search: null, offset: 0, limit: 10 }],
  ['catalog.features', { catalog: '/a', source: 1, sort: 'index', descending: true, filter: {}, search: null, offset: 0, limit: 501 }],
  ['catalog.setLabel', { catalog: '/a', source: 1, index: 0, text: 'x'.repeat(2001), author: '', kind: 'manual', confidence: null, notes: '' }],
  ['catalog.setLabel', { catalog: '/a', source: 1, index: 0, text: '', author: '', kind: 'manual', confidence: 6, notes: '' }],
  ['workspace.add', { kind: 'secret', path: '/a' }], ['catalog.open', { path: 'relative.loupe' }],
];

const cases = [...(Object.keys(commands) as (keyof typeof commands)[]).flatMap((name) => junkFor(name).map((input) => [name, input] as const)), ...outOfRange];
const unknownNames = ['', 'constructor', '__proto__', 'toString', 'hasOwnProperty', 'jobs.strat', 'x'.repeat(100)];

test('over loopback, junk for every command is a bad request', async (t) => {
  const { host } = await serve(t);
  const client = await TestClient.connect(host.port, token);
  t.after(() => client.socket.terminate());
  const kindOf = (message: HostMessage): string => (message.type === 'error' ? message.error.kind : message.type);
  for (const [name, input] of cases) assert.equal(kindOf(await client.invoke(name, input)), 'bad-request', `${name} ${JSON.stringify(input).slice(0, 100)}`);
  for (const name of unknownNames) assert.equal(kindOf(await client.invoke(name, {})), 'bad-request', name);
  for (const frame of ['text', new Uint8Array(0), Uint8Array.of(255, 255, 255, 255), Uint8Array.of(2, 0, 0, 0, 123, 125), new Uint8Array(1000)]) {
    assert.equal(kindOf(await client.raw(frame)), 'bad-request');
  }
  // After all that the connection still serves.
  assert.equal(kindOf(await client.invoke('jobs.list', {})), 'result');
});

const ownEvent = (contents: electron.FakeContents): unknown => ({ senderFrame: contents.mainFrame, sender: contents });
type Reply = { output?: unknown; error?: { kind: string } };

test('over Electron\'s channels, junk for every command is a bad request', async (t) => {
  const { invoke } = openServices(t);
  const unregister = registerCommands(invoke);
  t.after(unregister);
  const contents = new electron.FakeContents();
  const call = async (name: string, input: unknown): Promise<Reply> => (await electron.handlers.get(channelPrefix + name)!(ownEvent(contents), input)) as Reply;
  for (const [name, input] of [...cases, ...cases.slice(0, 1).map(([name]) => [name, undefined] as const)]) {
    assert.equal((await call(name, input)).error?.kind, 'bad-request', `${name} ${JSON.stringify(input)?.slice(0, 100)}`);
  }
  for (const name of unknownNames) assert.ok(!electron.handlers.has(channelPrefix + name), name);
  assert.deepEqual(await call('jobs.list', {}), { output: { jobs: [] } });
  assert.equal(electron.handlers.size, Object.keys(commands).length);
  unregister();
  assert.equal(electron.handlers.size, 0);
});

test('commands from any frame but the studio\'s own page are refused', async (t) => {
  const { invoke } = openServices(t);
  t.after(registerCommands(invoke));
  const list = electron.handlers.get(`${channelPrefix}jobs.list`)!;
  const refused = async (senderFrame: unknown, sender: unknown): Promise<void> => {
    assert.ok(!isOwnFrame({ senderFrame, sender } as never));
    assert.equal(((await list({ senderFrame, sender }, {})) as Reply).error?.kind, 'bad-request');
  };
  await refused(null, new electron.FakeContents());
  await refused({ url: 'app://studio/' }, new electron.FakeContents()); // a frame inside our page
  for (const url of ['https://evil.example/', 'app://other/', 'app://studio.evil/', 'file:///etc/passwd', 'about:blank', '']) {
    const mainFrame = { url };
    await refused(mainFrame, { mainFrame });
  }
});

test('events reach the page through one port, until it is gone', (t) => {
  const { services } = openServices(t);
  const contents = new electron.FakeContents();
  const end = connectEvents(contents as never, services.hub);
  const { channel, ports } = contents.posted[0]!;
  assert.equal(channel, 'loupe:events');
  const made = electron.MessageChannelMain.made.at(-1)!;
  assert.deepEqual(ports, [made.port2]);
  services.hub.emit('workspace.changed', {});
  assert.deepEqual(made.port1.sent.at(-1), { name: 'workspace.changed', payload: {} });
  const count = made.port1.sent.length;
  end();
  services.hub.emit('workspace.changed', {});
  assert.equal(made.port1.sent.length, count);
  assert.ok(made.port1.closed);
});
