/**
 * The loopback host: the studio in a browser of this machine, or of another through an SSH tunnel.
 *
 * Bound to loopback; only the names localhost, 127.0.0.1 and [::1] are answered; the contract needs the token, always, and a page
 * whose origin is the host itself. The token travels in the address's fragment, which browsers never send anywhere.
 */
import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import { LoupeError, toErrorBody } from '../../shared/errors.ts';
import { contractPath } from '../../shared/wire.ts';
import type { EventHub } from '../events.ts';
import type { Invoke } from '../invoke.ts';
import { isLoopbackHost, isOwnOrigin, offeredToken, sameToken } from './guard.ts';
import { securityHeaders } from './policy.ts';
import { findStatic } from './static.ts';
import { serveSocket } from './socket.ts';
import { answerJoin, joinPath } from './join.ts';
import type { OnJoin } from './join.ts';

/** The largest frame taken from a studio. Commands are small: a label with its notes, a config. */
export const maxFrameBytes = 4 * 2 ** 20;
const maxConnections = 64;

export interface HttpHostOptions {
  readonly invoke: Invoke;
  readonly hub: EventHub;
  /** The folder of the built renderer. */
  readonly renderer: string;
  readonly token: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** A second `loupe` on the same workspace asks for something; see join.ts. */
  readonly onJoin: OnJoin;
}

export interface HttpHost {
  readonly port: number;
  /** With the token in its fragment. */
  readonly address: string;
  readonly close: () => Promise<void>;
}

export function newToken(): string {
  return randomBytes(32).toString('base64url');
}

function refuse(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { ...securityHeaders, 'Content-Type': 'text/plain; charset=utf-8', Connection: 'close' });
  response.end(`${text}\n`);
}

async function serveStatic(options: HttpHostOptions, request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.method !== 'GET' && request.method !== 'HEAD') return refuse(response, 405, 'only GET');
  const { pathname } = new URL(request.url ?? '/', 'http://localhost');
  const file = await findStatic(options.renderer, pathname);
  if (file === null) {
    const missing = pathname === '/' ? 'the studio has not been built: run "npm run build"' : 'not found';
    return refuse(response, 404, missing);
  }
  response.writeHead(200, {
    ...securityHeaders, 'Content-Type': file.type, 'Content-Length': file.body.length,
    'Cache-Control': file.immutable ? 'private, max-age=31536000, immutable' : 'no-store',
  });
  response.end(request.method === 'HEAD' ? undefined : file.body);
}

async function handle(options: HttpHostOptions, request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (!isLoopbackHost(request.headers.host)) return refuse(response, 403, 'this host is answered as localhost only');
  try {
    if (request.url === joinPath) return await answerJoin(options.token, options.onJoin, request, response);
    await serveStatic(options, request, response);
  } catch (error) {
    const { kind, message } = toErrorBody(error);
    if (response.headersSent) response.destroy();
    else refuse(response, kind === 'bad-request' ? 400 : 500, message);
  }
}

function refuseUpgrade(socket: Duplex, status: string): void {
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}

function acceptSockets(server: Server, options: HttpHostOptions): WebSocketServer {
  const sockets = new WebSocketServer({
    noServer: true, maxPayload: maxFrameBytes, perMessageDeflate: false,
    // The token is never said back: it would be one more place where it could be read.
    handleProtocols: () => 'loupe',
  });
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => socket.destroy());
    if (request.url !== contractPath) return refuseUpgrade(socket, '404 Not Found');
    if (!isOwnOrigin(request)) return refuseUpgrade(socket, '403 Forbidden');
    if (!sameToken(offeredToken(request), options.token)) return refuseUpgrade(socket, '401 Unauthorized');
    sockets.handleUpgrade(request, socket, head, (webSocket) => serveSocket(webSocket, options.invoke, options.hub));
  });
  return sockets;
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const taken = error.code === 'EADDRINUSE' || error.code === 'EACCES';
      reject(taken ? new LoupeError('conflict', `--port: port ${port} cannot be used (${error.code}): give another, or none`) : error);
    });
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => resolve((server.address() as AddressInfo).port));
  });
}

/** Starts to serve. Kind conflict when the port is taken. */
export async function startHttpHost(options: HttpHostOptions): Promise<HttpHost> {
  const server = createServer((request, response) => void handle(options, request, response));
  server.maxConnections = maxConnections;
  server.headersTimeout = 10_000;
  server.requestTimeout = 30_000;
  const sockets = acceptSockets(server, options);
  const port = await listen(server, options.port);
  return {
    port,
    // By number: the name could lead to somebody else who listens on [::1] at this port.
    address: `http://127.0.0.1:${port}/#token=${options.token}`,
    close: async () => {
      for (const socket of sockets.clients) socket.terminate();
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}
