import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import type { IncomingHttpHeaders, IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { WebSocket } from 'ws';
import { contractPath, connectionProtocols } from '../../../../src/shared/wire.ts';
import { joinOwner } from '../../../../src/main/transport/join.ts';
import { maxFrameBytes } from '../../../../src/main/transport/http.ts';
import { TestClient } from './client.ts';
import { serve, token } from './host.ts';

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

function get(port: number, path: string, headers: OutgoingHttpHeaders = {}, method = 'GET', body = ''): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = httpRequest({ host: '127.0.0.1', port, path, method, headers, agent: false }, async (response: IncomingMessage) => {
      const text: Buffer[] = [];
      for await (const chunk of response) text.push(chunk as Buffer);
      resolve({ status: response.statusCode!, headers: response.headers, body: Buffer.concat(text).toString() });
    });
    request.on('error', reject);
    request.end(body);
  });
}

/** The status with which an upgrade was refused, or 101. */
async function upgrade(port: number, options: { host?: string; origin?: string; protocols?: string[]; path?: string }): Promise<number> {
  const headers = options.host === undefined ? {} : { Host: options.host };
  const socket = new WebSocket(`ws://127.0.0.1:${port}${options.path ?? contractPath}`, options.protocols ?? connectionProtocols(token), {
    headers, ...(options.origin === undefined ? {} : { origin: options.origin }),
  });
  return new Promise((resolve) => {
    socket.on('open', () => {
      socket.terminate();
      resolve(101);
    });
    socket.on('unexpected-response', (_request, response) => {
      response.resume();
      socket.on('error', () => {});
      resolve(response.statusCode!);
    });
    socket.on('error', () => {});
  });
}

test('pages are served with their types and a strict policy, and nothing outside their folder', async (t) => {
  const { host: { port }, renderer } = await serve(t);
  const index = await get(port, '/');
  assert.equal(index.status, 200);
  assert.equal(index.headers['content-type'], 'text/html; charset=utf-8');
  assert.match(String(index.headers['content-security-policy']), /default-src 'none'; script-src 'self';/);
  assert.equal(index.headers['referrer-policy'], 'no-referrer');
  assert.equal(index.headers['x-content-type-options'], 'nosniff');
  assert.equal(index.headers['cache-control'], 'no-store');
  assert.equal(index.headers['set-cookie'], undefined);
  assert.match((await get(port, '/assets/main-1a2b.js')).headers['content-type']!, /^text\/javascript/);
  symlinkSync(join(renderer, '..', 'loupe-secret.txt'), join(renderer, 'link.txt'));
  for (const path of ['/../loupe-secret.txt', '/%2e%2e/loupe-secret.txt', '/assets/..%2f..%2floupe-secret.txt', '/link.txt', '/assets', '/%00', '/%', '/none.js', '/..%5cx.txt']) {
    assert.equal((await get(port, path)).status, 404, path);
  }
  assert.equal((await get(port, '/', {}, 'POST')).status, 405);
});

test('only the names of loopback are answered, at any port', async (t) => {
  const { host: { port } } = await serve(t);
  for (const name of ['localhost', 'localhost:9999', '127.0.0.1', `[::1]:${port}`, 'LOCALHOST:1']) {
    assert.equal((await get(port, '/', { Host: name })).status, 200, name);
  }
  for (const name of ['evil.example', 'localhost.evil.example', '127.0.0.1.evil.example', 'localhost@evil', '0.0.0.0', '192.168.0.1', 'localhost:x']) {
    assert.equal((await get(port, '/', { Host: name })).status, 403, name);
    assert.equal(await upgrade(port, { host: name, origin: `http://${name}` }), 403, name);
  }
});

test('a socket needs an origin that is the host, and the token', async (t) => {
  const { host: { port } } = await serve(t);
  const own = `http://127.0.0.1:${port}`;
  assert.equal(await upgrade(port, { origin: own }), 101);
  assert.equal(await upgrade(port, { origin: 'http://localhost:7', host: 'localhost:7' }), 101);
  for (const origin of [undefined, 'null', 'http://evil.example', `http://localhost:${port}`, `http://127.0.0.1:${port + 1}`, `${own}.evil.example`]) {
    assert.equal(await upgrade(port, origin === undefined ? {} : { origin }), 403, origin);
  }
  for (const protocols of [['loupe'], ['loupe', 'loupe-token.wrong'], connectionProtocols(token.slice(0, -1)), connectionProtocols(`${token}x`)]) {
    assert.equal(await upgrade(port, { origin: own, protocols }), 401, protocols.join());
  }
  assert.equal(await upgrade(port, { origin: own, path: '/other' }), 404);
});

test('a frame larger than the limit ends its connection, and the host lives on', async (t) => {
  const { host: { port } } = await serve(t);
  const client = await TestClient.connect(port, token);
  client.socket.send(new Uint8Array(maxFrameBytes + 1));
  const [code] = (await once(client.socket, 'close')) as [number];
  assert.equal(code, 1009);
  assert.equal((await get(port, '/')).status, 200);
});

test('commands over a socket get typed answers, tensors included, and events arrive', async (t) => {
  const { host: { port }, services } = await serve(t);
  const client = await TestClient.connect(port, token);
  const info = await client.invoke('system.info', {});
  assert.ok(info.type === 'result' && (info.output as { host: string }).host === 'http');
  const started = await client.invoke('jobs.start', { kind: 'train', config: { steps: 4 } });
  assert.ok(started.type === 'result', JSON.stringify(started));
  const { id } = started.output as { id: string };
  while (services.context.jobs.get(id).state !== 'done') await new Promise((resolve) => setTimeout(resolve, 20));
  const got = await client.invoke('jobs.metrics', { id });
  assert.ok(got.type === 'result');
  assert.ok((got.output as { values: { data: unknown } }).values.data instanceof Float64Array);
  assert.ok(client.events.some((event) => event.name === 'job.metrics'));
  assert.deepEqual(client.events.filter((e) => e.name === 'job.changed').map((e) => (e.payload as { state: string }).state), ['queued', 'running', 'done']);
  client.socket.close();
});

test('a ping in the middle of a training step is answered before that step ends', async (t) => {
  const { host: { port }, services } = await serve(t);
  const client = await TestClient.connect(port, token);
  await services.context.engine.start();
  const started = await client.invoke('jobs.start', { kind: 'train', config: { steps: 1, blockMs: 1500 } });
  const { id } = (started as { output: { id: string } }).output;
  // The line of the log says that the job is at work; its one step blocks the engine from then on.
  for (let lines: string[] = []; lines.length === 0;) ({ lines } = ((await client.invoke('jobs.log', { id, tail: 5 })) as { output: { lines: string[] } }).output);
  const stepEnded = (): boolean => client.events.some((event) => event.name === 'job.metrics');
  for (const name of ['system.info', 'workspace.list', 'jobs.list']) {
    assert.equal((await client.invoke(name, {})).type, 'result');
    assert.ok(!stepEnded(), name);
  }
  // The engine itself answers between steps only: the step had not ended until now.
  assert.equal((await client.invoke('models.find', {})).type, 'result');
  assert.ok(stepEnded());
});

test('a second loupe joins with the token of the lock file; a page or a stranger cannot', async (t) => {
  const { host: { port }, joins } = await serve(t);
  assert.deepEqual(await joinOwner(port, token, { open: '/x.loupe', show: true }), { host: 'http', address: 'http://x/' });
  assert.deepEqual(joins, [{ open: '/x.loupe', show: true }]);
  assert.equal(await joinOwner(port, 'wrong', { open: null, show: true }), null);
  const body = JSON.stringify({ open: null, show: true });
  const authorization = { Authorization: `Bearer ${token}` };
  assert.equal((await get(port, '/join', { ...authorization, Origin: `http://127.0.0.1:${port}` }, 'POST', body)).status, 401);
  assert.equal((await get(port, '/join', authorization)).status, 401);
  for (const junk of ['', '{', '[]', '{"open":1,"show":true}', '{"open":null,"show":true,"more":1}', `"${'x'.repeat(70_000)}"`]) {
    assert.equal((await get(port, '/join', authorization, 'POST', junk)).status, 400, junk.slice(0, 20));
  }
  assert.equal(joins.length, 1);
});
