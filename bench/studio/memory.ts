/** Memory of the process that draws the page. */
import { readFileSync } from 'node:fs';
import type { BrowserContext } from 'playwright-core';

/** MiB resident of the renderer that is largest, from /proc; null where there is none. */
export async function rendererMegabytes(context: BrowserContext): Promise<number | null> {
  const session = await context.browser()?.newBrowserCDPSession() ?? await context.newCDPSession(context.pages()[0]!);
  try {
    const { processInfo } = await session.send('SystemInfo.getProcessInfo') as { processInfo: readonly { type: string; id: number }[] };
    const sizes = processInfo.filter(({ type }) => type === 'renderer').map(({ id }) => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${id}/status`, 'utf8'))?.[1] ?? 0) / 1024);
    return sizes.length === 0 ? null : Math.max(...sizes);
  } catch {
    return null;
  }
}
