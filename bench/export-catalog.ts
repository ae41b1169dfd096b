/**
 * How long the exports of a catalog take, each in its thread as the studio and the command line run it, and how large they are. Prints one
 * JSON object: seconds, bytes and CPU seconds by format, and the load of the machine.
 *
 *     node bench/export-catalog.ts FILE.loupe [--formats loupe,html,neuronpedia,csv,parquet] [--examples N]
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { loadavg } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { openCatalog, stopThreads } from '../src/main/catalog/client.ts';
import { exportCatalog, importCatalog } from '../src/main/share/run.ts';
import type { ShareContext } from '../src/main/share/run.ts';

const { values, positionals: [path] } = parseArgs({ allowPositionals: true, options: { formats: { type: 'string', default: 'loupe,html,neuronpedia,csv,parquet' }, examples: { type: 'string' } } });
if (path === undefined) throw new Error('name the catalog');
const context: ShareContext = { signal: new AbortController().signal, progress: () => {} };
// Beside the catalog: a temporary folder may lie in memory, which would flatter.
const folder = mkdtempSync(join(dirname(resolve(path)), '.bench-'));

async function timed(work: () => Promise<Record<string, unknown>>): Promise<Record<string, unknown>> {
  const [start, cpu] = [performance.now(), process.cpuUsage()];
  const { features, examples, labels, bytes } = await work();
  const used = process.cpuUsage(cpu);
  return { features, examples, labels, bytes, seconds: Number(((performance.now() - start) / 1000).toFixed(1)), cpu_seconds: Number(((used.user + used.system) / 1e6).toFixed(1)) };
}

const result: Record<string, unknown> = { catalog: path, load_before: loadavg()[0] };
try {
  // Opening counts for none of them.
  await (await openCatalog(path)).close();
  for (const format of values.formats.split(',')) {
    const out = join(folder, format);
    result[format] = await timed(() => exportCatalog({ catalog: path, format, out, ...(values.examples === undefined ? {} : { examples: Number(values.examples) }) }, context));
    if (format === 'neuronpedia') result['import_neuronpedia'] = await timed(() => importCatalog({ from: 'neuronpedia', paths: [out], out: join(folder, 'back.loupe') }, context));
    rmSync(out, { recursive: true, force: true });
  }
  console.log(JSON.stringify({ ...result, load_after: loadavg()[0], peak_rss_mb: Math.round(process.resourceUsage().maxRSS / 1024) }));
} finally {
  rmSync(folder, { recursive: true, force: true });
  await stopThreads();
}
