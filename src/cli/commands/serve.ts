/** `loupe serve`: the studio for a browser, until Ctrl-C. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { entryPath } from '../../engine/entry.ts';
import { joinWorkspace, ownWorkspace } from '../../main/owner.ts';
import type { WorkspaceOwner } from '../../main/owner.ts';
import { LoupeError } from '../../shared/errors.ts';
import { openInBrowser } from '../browser.ts';
import type { CliCommand, CliContext, CliResult } from '../command.ts';

export function parsePort(value: unknown): number {
  if (value === undefined) return 0;
  const port = Number(value);
  if (!/^\d+$/.test(String(value)) || port > 65535) throw new LoupeError('bad-request', `--port must be a number from 0 to 65535 (0 takes any free one), not "${String(value)}"`);
  return port;
}

/** Kind missing-component when the pages have not been built. */
export function requireRenderer(): void {
  if (existsSync(join(entryPath('renderer'), 'index.html'))) return;
  throw new LoupeError('missing-component', 'the studio\'s pages have not been built: run "npm run build"');
}

/** Resolves when the signal is aborted. */
export function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}

export interface ServeOptions {
  readonly port: number;
  readonly open: boolean;
  /** A catalog to show first, absolute. */
  readonly file: string | null;
}

/** The address with the studio's route to a catalog (src/renderer/src/app/route.ts) behind the token. */
export function withCatalog(address: string, file: string | null): string {
  return file === null ? address : `${address}&/features?catalog=${encodeURIComponent(file)}`;
}

/** Printed when the host answers, not when it ends: who started us waits for it. */
async function announce(owner: WorkspaceOwner, options: ServeOptions, context: CliContext): Promise<void> {
  const address = withCatalog(owner.http.address, options.file);
  const facts = { address, port: owner.http.port, pid: process.pid, workspace: context.workspace, joined: false };
  await context.print(context.json ? JSON.stringify(facts) : `The studio is at ${address}\nCtrl-C ends it.`);
  if (options.open && !(await openInBrowser(address))) context.log('No browser could be opened: open the address above.');
}

/** Serves the workspace until the signal, or joins the process that serves it already. */
export async function serveStudio(options: ServeOptions, context: CliContext): Promise<CliResult> {
  requireRenderer();
  const joined = await joinWorkspace(context.workspace, { open: options.file, show: true });
  if (joined !== null) {
    const address = withCatalog(joined.address, options.file);
    if (options.open && joined.host === 'http') await openInBrowser(address);
    return { json: { address, workspace: context.workspace, joined: true }, text: `The workspace is open already; its studio is at ${address}` };
  }
  const owner = await ownWorkspace({ workspace: context.workspace, host: 'http', port: options.port });
  try {
    await announce(owner, options, context);
    await aborted(context.signal);
  } finally {
    await owner.close();
  }
  return { json: {}, text: '', printed: true };
}

export const command: CliCommand = {
  name: 'serve',
  summary: 'Serve the studio to a browser on this machine, or through an SSH tunnel',
  configure: (c) => void c.option('--port <n>', 'the port on 127.0.0.1 (default: any free one)').option('--no-open', 'do not open a browser'),
  run: async (_args, options, context) => serveStudio({ port: parsePort(options['port']), open: options['open'] !== false && !context.json, file: null }, context),
};
