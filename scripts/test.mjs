/**
 * Runs test tiers with Node's test runner, each file in its own process, and prints the runner's totals.
 *
 *   node scripts/test.mjs [--tier unit|e2e|parity|long|device]... [--concurrency N] [PATH-PART...]
 *
 * Without --tier: unit and e2e. A PATH-PART keeps the files whose path contains it.
 */
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const tiers = ['unit', 'e2e', 'parity', 'long', 'device'];
/** Longest time of one file, ms, by tier. */
const limits = { unit: 180_000, e2e: 600_000, parity: 1_200_000, long: 6 * 3_600_000, device: 600_000 };

function filesBelow(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true })
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return filesBelow(path);
      return /\.test\.(ts|mjs)$/.test(entry.name) ? [path] : [];
    })
    .sort();
}

function readArguments() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { tier: { type: 'string', multiple: true }, concurrency: { type: 'string', default: '2' } },
  });
  const chosen = (values.tier ?? ['unit', 'e2e']).flatMap((tier) => tier.split(','));
  const unknown = chosen.find((tier) => !tiers.includes(tier));
  if (unknown !== undefined) throw new Error(`--tier is "${unknown}": use ${tiers.join(', ')}`);
  const concurrency = Number(values.concurrency);
  if (!Number.isInteger(concurrency) || concurrency < 1) throw new Error(`--concurrency is "${values.concurrency}": give a whole number from 1`);
  return { chosen, concurrency, parts: positionals };
}

/** Runs the files and prints as the runner's own reporter does. */
function runFiles(files, concurrency, timeout) {
  return new Promise((settle) => {
    const counts = { failed: 0, passed: 0, skipped: 0, todo: 0, tests: 0 };
    const skipped = [];
    const events = run({ files, concurrency, timeout, execArgv: ['--disable-warning=ExperimentalWarning'] });
    events.on('test:pass', (event) => {
      if (event.skip !== undefined) skipped.push(`${event.name}${typeof event.skip === 'string' ? `: ${event.skip}` : ''}`);
    });
    events.on('test:summary', (event) => {
      if (event.file !== undefined) return;
      Object.assign(counts, event.counts);
    });
    const printed = events.compose(spec());
    printed.on('end', () => settle({ counts, skipped }));
    printed.pipe(process.stdout, { end: false });
  });
}

/** Programs under test keep no list of recent workspaces among the user's own settings. */
function useOwnSettings() {
  const folder = mkdtempSync(join(tmpdir(), 'loupe-settings-'));
  process.env.LOUPE_SETTINGS = folder;
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
}

async function main() {
  useOwnSettings();
  const { chosen, concurrency, parts } = readArguments();
  let failed = 0;
  for (const tier of chosen) {
    const all = filesBelow(join(root, 'tests', tier));
    const files = all.filter((file) => parts.every((part) => relative(root, file).includes(part)));
    if (files.length === 0) {
      process.stdout.write(`\n# tier ${tier}: no files\n`);
      continue;
    }
    process.stdout.write(`\n# tier ${tier}: ${files.length} files, ${concurrency} at a time\n`);
    const { counts, skipped } = await runFiles(files, concurrency, limits[tier]);
    for (const title of new Set(skipped)) process.stdout.write(`# skipped: ${title}\n`);
    process.stdout.write(`# tier ${tier}: ${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped, ${counts.todo} todo\n`);
    failed += counts.failed + (counts.cancelled ?? 0);
    if (counts.tests === 0) failed += 1;
  }
  return failed === 0 ? 0 : 1;
}

main().then(
  (status) => process.exit(status),
  (error) => {
    process.stderr.write(`test: ${error.message}\n`);
    process.exit(2);
  },
);
