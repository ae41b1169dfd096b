/** Who may speak to the loopback host: a page that it served itself, to a user who holds the token. */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

const hostPattern = /^(localhost|127\.0\.0\.1|\[::1\])(:\d{1,5})?$/i;

/** Any port: a tunnel changes it. Any other name would let a page that resolves its own name to this machine in. */
export function isLoopbackHost(host: string | undefined): host is string {
  return host !== undefined && hostPattern.test(host);
}

/** The page that connects was served under the very address it connects to. */
export function isOwnOrigin(request: IncomingMessage): boolean {
  const { origin, host } = request.headers;
  return isLoopbackHost(host) && (origin === `http://${host}` || origin === `https://${host}`);
}

/** Compares in constant time, whatever the lengths. */
export function sameToken(given: string | undefined, token: string): boolean {
  if (given === undefined) return false;
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(token));
}

/** The token among the sub-protocols of a WebSocket request (shared/wire.ts connectionProtocols). */
export function offeredToken(request: IncomingMessage): string | undefined {
  const offered = request.headers['sec-websocket-protocol']?.split(',').map((part) => part.trim()) ?? [];
  return offered.find((part) => part.startsWith('loupe-token.'))?.slice('loupe-token.'.length);
}
