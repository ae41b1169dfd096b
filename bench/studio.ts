/**
 * How fast the studio is: a generated catalog (or a copy of one), the real loopback host, the built pages in real Chromium.
 *
 *     node bench/studio.ts [--features 131072] [--catalog FILE] [--pages 1000] [--searches 120]
 *
 * Prints one JSON object. Times are ms from the event in the page to the end of the frame that shows its result; `search_ms_p95` is a
 * `catalog.search` of 50 hits, labels by bm25 and contexts in feature order by turns, from the page to the host and back.
 */
import { copyFileSync, linkSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { Random } from '../src/engine/random.ts';
import { openCatalogReader } from '../src/main/catalog/opening.ts';
import { sources } from '../src/main/catalog/tables/sources.ts';
import { parseQuery, queryAddress } from '../src/renderer/src/feature/query.ts';
import { openBrowser } from '../tests/e2e/chromium.ts';
import type { Browser } from '../tests/e2e/chromium.ts';
import { serve } from '../tests/e2e/studio.ts';
import type { Host } from '../tests/e2e/studio.ts';
import { cachedCatalog } from './studio/catalog.ts';
import { rendererMegabytes } from './studio/memory.ts';
import { installAsk, installProbe } from './studio/page.ts';
import type { Probe } from './studio/page.ts';
import { filterAddresses, searchMix, sortColumns } from './studio/queries.ts';

declare const probe: Probe;

const { values } = parseArgs({ options: {
  features: { type: 'string', default: '131072' }, catalog: { type: 'string' }, pages: { type: 'string', default: '1000' }, searches: { type: 'string', default: '120' },
} });
const log = (line: string): void => { process.stderr.write(`${line}\n`); };
const figure = (value: number): number => Number(value.toFixed(1));

function p95(times: readonly number[]): number {
  const sorted = times.toSorted((a, b) => a - b);
  return figure(sorted[Math.min(sorted.length - 1, Math.floor(0.95 * sorted.length))] ?? NaN);
}

const median = (times: readonly number[]): number => figure(times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] ?? NaN);

/** A workspace that holds the catalog and nothing else: a link where the disk allows it, since nothing is written. */
function workspaceOf(catalog: string): string {
  const workspace = mkdtempSync(join(tmpdir(), 'loupe-bench-studio-'));
  mkdirSync(join(workspace, 'catalogs'));
  const place = join(workspace, 'catalogs', 'bench.loupe');
  try {
    if (values.catalog !== undefined) copyFileSync(catalog, place);
    else linkSync(catalog, place);
  } catch {
    copyFileSync(catalog, place);
  }
  return workspace;
}

interface Opened {
  readonly host: Host;
  readonly browser: Browser;
  readonly openMs: number;
}

/** Ends what a bench that broke off left open. */
const leftovers = new Set<() => Promise<void>>();

/** A fresh host and a fresh browser; the time from asking for the catalog to its first row. */
async function open(workspace: string): Promise<Opened> {
  const host = await serve(workspace);
  leftovers.add(() => host.stop());
  const browser = await openBrowser({ width: 1440, height: 900 });
  leftovers.add(() => browser.close());
  await browser.page.goto(host.address);
  await browser.page.locator('nav').first().waitFor();
  await browser.page.waitForTimeout(1500);
  await browser.page.evaluate(installProbe);
  await browser.page.evaluate(installAsk, new URL(host.address).hash.slice('#token='.length));
  const openMs = await browser.page.evaluate(() => {
    const start = performance.now();
    location.hash = '#/features?catalog=bench.loupe';
    return probe.untilPainted(() => document.querySelector('#feature-table .item[aria-rowindex] [role="gridcell"]') !== null, start);
  });
  return { host, browser, openMs };
}

async function close({ host, browser }: Opened): Promise<void> {
  await browser.close();
  await host.stop();
}

const route = (address: Readonly<Record<string, string>>): string => `#/features?${new URLSearchParams({ catalog: 'bench.loupe', ...address }).toString()}`;

async function tableTimes(browser: Browser, searches: readonly string[]): Promise<{ sort: number[]; filter: number[]; search: number[] }> {
  const show = (address: Readonly<Record<string, string>>): Promise<number> => browser.page.evaluate(([where, shown]) => probe.show(where!, shown!), [route(address), JSON.stringify(queryAddress(parseQuery(address)))]);
  const out = { sort: [] as number[], filter: [] as number[], search: [] as number[] };
  await show({});
  for (let round = 0; round < 4; round++) {
    for (const sort of sortColumns) out.sort.push(await show({ ...(sort === 'index' ? {} : { sort }), ...(round % 2 === 0 ? { desc: '1' } : {}) }));
  }
  for (let round = 0; round < 3; round++) for (const address of filterAddresses) out.filter.push(await show({ ...(round === 0 ? {} : { sort: round === 1 ? 'density' : 'score', desc: '1' }), ...address }));
  for (const q of searches) out.search.push(await show({ q }));
  await show({});
  return out;
}

async function askTimes(browser: Browser, catalog: string, source: number, searches: readonly string[]): Promise<number[]> {
  const times: number[] = [];
  for (const text of searches) {
    for (const where of ['labels', 'contexts']) {
      times.push(await browser.page.evaluate(([input]) => probe.ask('catalog.search', input), [{ catalog, source, text, in: where, limit: 50 }]));
    }
  }
  return times;
}

async function main(): Promise<void> {
  const file = values.catalog === undefined ? cachedCatalog(Number(values.features), log) : resolve(values.catalog);
  const workspace = workspaceOf(file);
  const openings: number[] = [];
  try {
    for (let i = 0; i < 2; i++) {
      const once = await open(workspace);
      openings.push(once.openMs);
      await close(once);
    }
    const opened = await open(workspace);
    openings.push(opened.openMs);
    const { browser } = opened;
    const db = openCatalogReader(join(workspace, 'catalogs', 'bench.loupe'));
    const source = sources(db)[0]!;
    const searches = searchMix(db, source.model, Number(values.searches), 0);
    db.close();
    // Columns of a large source come to memory in the first seconds; then the work begins, as with a person who looks first.
    await browser.page.waitForTimeout(4000);
    log('sorting, filtering, searching');
    const table = await tableTimes(browser, searches);
    const asked = await askTimes(browser, join(workspace, 'catalogs', 'bench.loupe'), source.id, searches);
    log('scrolling');
    await browser.page.waitForTimeout(500);
    const frames = await browser.page.evaluate(() => probe.scroll(140, 600));
    log(`${values.pages} feature pages`);
    const random = Random.from(0, 'bench-pages');
    const pages: number[] = [];
    const jumps: number[] = [];
    await browser.page.evaluate(() => probe.jump(0));
    for (let i = 0; i < Number(values.pages); i++) {
      if (i % 10 === 9) jumps.push(await browser.page.evaluate((index) => probe.jump(index), random.integer(source.features - 12)));
      else pages.push(await browser.page.evaluate(() => probe.step()));
    }
    const megabytes = await rendererMegabytes(browser.context);
    await close(opened);
    console.log(JSON.stringify({
      open_ms: median(openings), sort_ms_p95: p95(table.sort), filter_ms_p95: p95(table.filter), search_ms_p95: p95(asked), page_ms_p95: p95(pages),
      scroll_fps: figure((1000 * frames.length) / frames.reduce((a, b) => a + b, 0)), longest_frame_ms: figure(Math.max(...frames)), renderer_mb: megabytes === null ? null : figure(megabytes),
      features: source.features, table_search_ms_p95: p95(table.search), page_jump_ms_p95: p95(jumps),
      medians: { sort: median(table.sort), filter: median(table.filter), search: median(asked), table_search: median(table.search), page: median(pages), page_jump: median(jumps) },
    }));
  } finally {
    for (const end of [...leftovers].reverse()) await end().catch(() => {});
    rmSync(workspace, { recursive: true, force: true });
  }
}

await main();
