/** How a second `loupe` on the same workspace speaks to the first: one POST on loopback, with the token of the lock file. */
import { request as httpRequest } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { z } from 'zod';
import { LoupeError } from '../../shared/errors.ts';
import { securityHeaders } from './policy.ts';
import { sameToken } from './guard.ts';

export const joinPath = '/join';
const maxBody = 64 * 1024;

const joinSchema = z.strictObject({
  /** A catalog to open, absolute. */
  open: z.string().min(1).max(4096).nullable(),
  /** Bring the studio's window to the front. */
  show: z.boolean(),
});
const answerSchema = z.object({ host: z.enum(['electron', 'http']), address: z.string() });

export type JoinRequest = z.infer<typeof joinSchema>;
export type JoinAnswer = z.infer<typeof answerSchema>;
export type OnJoin = (request: JoinRequest) => JoinAnswer;

async function readBody(stream: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of stream) {
    length += (chunk as Buffer).length;
    if (length > maxBody) throw new LoupeError('bad-request', `a body larger than ${maxBody} bytes`);
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new LoupeError('bad-request', 'the body is not JSON');
  }
}

/** The owner's side. A browser cannot get here: it cannot set the header without asking first, and the question is not answered. */
export async function answerJoin(token: string, onJoin: OnJoin, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const given = request.headers.authorization?.replace(/^Bearer /, '');
  const allowed = request.method === 'POST' && request.headers.origin === undefined && sameToken(given, token);
  if (!allowed) {
    response.writeHead(401, { ...securityHeaders, Connection: 'close' });
    response.end();
    return;
  }
  const parsed = joinSchema.safeParse(parseJson(await readBody(request)));
  if (!parsed.success) throw new LoupeError('bad-request', 'expected {open, show}');
  response.writeHead(200, { ...securityHeaders, 'Content-Type': 'application/json' });
  response.end(JSON.stringify(onJoin(parsed.data)));
}

/** Asks the owner at `port`; null when it does not answer as one within three seconds. */
export function joinOwner(port: number, token: string, body: JoinRequest): Promise<JoinAnswer | null> {
  return new Promise((resolve) => {
    const request = httpRequest({
      host: '127.0.0.1', port, path: joinPath, method: 'POST', timeout: 3000, agent: false,
      headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
    }, (response) => {
      readBody(response).then((text) => answerSchema.parse(parseJson(text))).then(resolve, () => resolve(null));
    });
    request.on('timeout', () => request.destroy());
    request.on('error', () => resolve(null));
    request.end(JSON.stringify(body));
  });
}
