/** Memory of the process that draws the page. */
import { readFileSync } from 'node:fs';
import type { BrowserContext } from 'playwright-core';

function ownKilobytes(status: string): number {
  return ['RssAnon', 'VmSwap'].reduce((sum, name) => sum + Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1] ?? 0), 0);
}

/** MiB that are the largest renderer's own (anonymous pages and swap, as Chromium's task manager counts), from /proc; null where there is none. */
export async function rendererMegabytes(context: BrowserContext): Promise<number | null> {
  const session = await context.browser()?.newBrowserCDPSession() ?? await context.newCDPSession(context.pages()[0]!);
  try {
    const { processInfo } = await session.send('SystemInfo.getProcessInfo') as { processInfo: readonly { type: string; id: number }[] };
    const sizes = processInfo.filter(({ type }) => type === 'renderer').map(({ id }) => ownKilobytes(readFileSync(`/proc/${id}/status`, 'utf8')) / 1024);
    return sizes.length === 0 ? null : Math.max(...sizes);
  } catch {
    return null;
  }
}
