/** The studio over made-up data, for looking at pages while they are drawn: `node tests/e2e/fake/host.ts [features] [port] [folder of the built pages]`. */
import { createInvoke } from '../../../src/main/invoke.ts';
import { eventHub } from '../../../src/main/events.ts';
import { newToken, startHttpHost } from '../../../src/main/transport/http.ts';
import { fakeHandlers } from './handlers.ts';

const hub = eventHub();
const host = await startHttpHost({
  port: Number(process.argv[3] ?? 0), token: newToken(), invoke: createInvoke(fakeHandlers(Number(process.argv[2] ?? 4608), hub), true), hub, renderer: process.argv[4] ?? 'out/renderer', onJoin: () => { throw new Error('nobody joins a stand-in'); },
});
console.log(host.address);
