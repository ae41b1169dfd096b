/**
 * The engine process: plain Node, owner of every tensor. Main starts it (src/main/engine/supervisor.ts) with a pipe as its
 * file descriptor 3; when that pipe closes, main is gone and so is the engine.
 */
import { Socket } from 'node:net';
import { openChannel } from './channel.ts';
import { handlers } from './handlers.ts';
import { engineHost } from './host.ts';
import { loadJob } from './jobs.ts';
import type { FromEngine } from './protocol.ts';

const pipe = 3;

async function prepare(): Promise<unknown> {
  const { loadBackend } = await import('./backend/load.ts');
  return loadBackend();
}

const receive = engineHost({ handlers, loadJob, prepare }, (message: FromEngine) => channel.send(message));
const channel = openChannel(new Socket({ fd: pipe, readable: true, writable: true }), receive, (error) => {
  if (error !== null) console.error(`the pipe to main broke: ${error.message}`);
  process.exit(error === null ? 0 : 1);
});
// Ctrl-C in a terminal reaches the whole process group; main decides when the engine ends.
process.on('SIGINT', () => {});
channel.send({ type: 'ready', pid: process.pid });
