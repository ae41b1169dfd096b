import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, test } from 'node:test';
import { WebSocketServer, type WebSocket as Socket } from 'ws';
import { backOff, WebSocketClient } from '../../../../src/renderer/src/client-websocket.ts';
import { LoupeError } from '../../../../src/shared/errors.ts';
import { vector } from '../../../../src/shared/schema/tensor.ts';
import { decodeFrame, encodeFrame, type ClientMessage, type HostMessage } from '../../../../src/shared/wire.ts';

let server: WebSocketServer;
let sockets: Socket[];
let answer: (message: ClientMessage) => HostMessage | null;
const clients: WebSocketClient[] = [];

beforeEach(async () => {
  Object.assign(globalThis, { location: { protocol: 'http:', host: '' } });
  sockets = [];
  server = new WebSocketServer({ port: 0, host: '127.0.0.1', handleProtocols: () => 'loupe' });
  server.on('connection', (socket) => {
    sockets.push(socket);
    socket.on('message', (data) => {
      const reply = answer(decodeFrame(new Uint8Array(data as Buffer)) as ClientMessage);
      if (reply !== null) socket.send(encodeFrame(reply));
    });
  });
  await once(server, 'listening');
});

afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  for (const socket of server.clients) socket.terminate();
  await new Promise((done) => server.close(done));
});

function connect(): WebSocketClient {
  const client = new WebSocketClient(`127.0.0.1:${(server.address() as AddressInfo).port}`, 'secret');
  clients.push(client);
  return client;
}

const reached = (client: WebSocketClient, state: string): Promise<void> => new Promise((done) => {
  if (client.state === state) done();
  else client.onState((next) => { if (next === state) done(); });
});

test('a command that is sent before the connection stands is answered, tensors as typed arrays', async () => {
  answer = ({ id }) => ({ type: 'result', id, output: { columns: [vector(Float32Array.of(1, 2))] } });
  const { columns } = await connect().invoke('catalog.columns', { catalog: 'c', source: 1, names: ['density'] });
  assert.deepEqual(columns[0]!.data, Float32Array.of(1, 2));
});

test('answers find their command in any order', async () => {
  const held: ClientMessage[] = [];
  answer = (message) => { held.push(message); return null; };
  const client = connect();
  const both = Promise.all([client.invoke('jobs.log', { id: 'a', tail: 1 }), client.invoke('jobs.log', { id: 'b', tail: 1 })]);
  while (held.length < 2) await new Promise((turn) => setTimeout(turn, 5));
  for (const { id, input } of held.toReversed()) sockets[0]!.send(encodeFrame({ type: 'result', id, output: { lines: [(input as { id: string }).id] } }));
  assert.deepEqual((await both).map(({ lines }) => lines[0]), ['a', 'b']);
});

test('an error comes with its kind', async () => {
  answer = ({ id }) => ({ type: 'error', id, error: { kind: 'not-found', message: 'no run x' } });
  await assert.rejects(connect().invoke('jobs.get', { id: 'x' }), (error: LoupeError) => error instanceof LoupeError && error.kind === 'not-found');
});

test('events reach their listeners until these are taken back', async () => {
  const client = connect();
  await reached(client, 'open');
  const heard: string[] = [];
  const undo = client.on('catalog.requested', ({ path }) => heard.push(path));
  const send = (path: string): void => sockets[0]!.send(encodeFrame({ type: 'event', name: 'catalog.requested', payload: { path } }));
  send('/a');
  while (heard.length < 1) await new Promise((turn) => setTimeout(turn, 5));
  undo();
  send('/b');
  answer = ({ id }) => ({ type: 'result', id, output: {} });
  await client.invoke('system.info', {});
  assert.deepEqual(heard, ['/a']);
});

test('a lost connection fails what waits, says so, and is made again', async () => {
  answer = () => null;
  const client = connect();
  await reached(client, 'open');
  const waiting = client.invoke('system.info', {});
  const failed = assert.rejects(waiting, (error: LoupeError) => error.kind === 'engine-lost');
  for (const socket of sockets) socket.terminate();
  await failed;
  await reached(client, 'lost');
  await assert.rejects(client.invoke('system.info', {}), (error: LoupeError) => error.kind === 'engine-lost');
  await reached(client, 'open');
  assert.equal(sockets.length, 2);
});

test('the back-off doubles up to ten seconds', () => {
  assert.deepEqual([1, 2, 3, 20].map(backOff), [250, 500, 1000, 10_000]);
});
