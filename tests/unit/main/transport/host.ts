/** A workspace served over loopback with the stand-in engine, for tests. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TestContext } from 'node:test';
import { createInvoke } from '../../../../src/main/invoke.ts';
import type { Invoke } from '../../../../src/main/invoke.ts';
import { createServices } from '../../../../src/main/services.ts';
import type { Services } from '../../../../src/main/services.ts';
import { startHttpHost } from '../../../../src/main/transport/http.ts';
import type { HttpHost } from '../../../../src/main/transport/http.ts';
import type { JoinRequest } from '../../../../src/main/transport/join.ts';

export const engineEntry = fileURLToPath(new URL('../engine/fixtures/engine.ts', import.meta.url));
export const token = 'a-token-of-the-test';

export function temporaryFolder(t: TestContext, name: string): string {
  const path = mkdtempSync(join(tmpdir(), `loupe-${name}-`));
  t.after(() => rmSync(path, { recursive: true, force: true, maxRetries: 3 }));
  return path;
}

export function openServices(t: TestContext): { services: Services; invoke: Invoke; workspace: string } {
  const folder = mkdtempSync(join(tmpdir(), 'loupe-ws-'));
  const workspace = join(folder, 'Loupe');
  const services = createServices({ workspace, host: 'http', token, engineEntry });
  t.after(async () => {
    await services.close();
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  });
  return { services, invoke: createInvoke(services.handlers, true), workspace };
}

export interface ServedWorkspace {
  readonly host: HttpHost;
  readonly services: Services;
  readonly workspace: string;
  readonly renderer: string;
  readonly joins: JoinRequest[];
}

export async function serve(t: TestContext): Promise<ServedWorkspace> {
  const { services, invoke, workspace } = openServices(t);
  const renderer = join(temporaryFolder(t, 'renderer'), 'pages');
  mkdirSync(join(renderer, 'assets'), { recursive: true });
  writeFileSync(join(renderer, 'index.html'), '<!doctype html><title>Loupe</title>');
  writeFileSync(join(renderer, 'assets', 'main-1a2b.js'), 'export {};');
  writeFileSync(join(renderer, '..', 'loupe-secret.txt'), 'outside');
  const joins: JoinRequest[] = [];
  const host = await startHttpHost({
    invoke, hub: services.hub, renderer, token, port: 0,
    onJoin: (request) => {
      joins.push(request);
      return { host: 'http', address: 'http://x/' };
    },
  });
  t.after(() => host.close());
  return { host, services, workspace, renderer, joins };
}
