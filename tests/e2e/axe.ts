/** axe-core on what a page shows now. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
export const themes = ['light', 'dark'] as const;

interface Violation {
  readonly id: string;
  readonly impact: string | null;
  readonly help: string;
  readonly nodes: readonly { readonly target: readonly string[]; readonly failureSummary?: string; readonly html: string }[];
}

/** Serious and critical findings of axe on what is shown now, a line each. */
export async function findings(page: Page, where: string, within = 'html'): Promise<string[]> {
  if (!(await page.evaluate(() => 'axe' in globalThis))) await page.evaluate(axe);
  const violations = await page.evaluate(async (selector) => {
    const { run } = (globalThis as unknown as { axe: { run: (context: string, options: unknown) => Promise<{ violations: Violation[] }> } }).axe;
    return (await run(selector, { resultTypes: ['violations'] })).violations;
  }, within);
  return violations.filter(({ impact }) => impact === 'serious' || impact === 'critical').flatMap(({ id, nodes }) => nodes.slice(0, 4).map((node) => (
    `${where}: ${id}: ${node.target.join(' ')}: ${node.html.slice(0, 160)} ${(node.failureSummary ?? '').split('\n')[1]?.trim() ?? ''}`)));
}
