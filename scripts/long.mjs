#!/usr/bin/env node
/**
 * The long tier: every seed, thousands of mutations, kill loops. Resumable case by case.
 *
 *   node scripts/long.mjs [--slice I/N] [--only TEXT] [--fresh]
 *
 * A file in tests/long exports `cases`: [{ name, run }]; `run` throws on failure and may return figures. Results are kept by
 * source state in the cache, so a run that was stopped goes on where it was, and only passed cases are skipped.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, globSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';

const root = resolve(import.meta.dirname, '..');
const { values: options } = parseArgs({ options: { slice: { type: 'string' }, only: { type: 'string' }, fresh: { type: 'boolean' } } });

/** [part, parts] of --slice I/N. */
function parseSlice(text) {
  const match = /^(\d+)\/([1-9]\d*)$/.exec(text ?? '0/1');
  if (match === null || Number(match[1]) >= Number(match[2])) {
    console.error(`--slice is ${text}: give I/N with 0 <= I < N, like 3/8`);
    process.exit(2);
  }
  return [Number(match[1]), Number(match[2])];
}

/** A hash over what the cases depend on: a result counts only for the sources it was made with. */
function sourceState() {
  const hash = createHash('sha256');
  const files = execFileSync('git', ['ls-files', '-z', 'src', 'native', 'tests/long', 'package-lock.json'], { cwd: root, encoding: 'utf8' });
  for (const file of files.split('\0')) if (file !== '' && existsSync(join(root, file))) hash.update(file).update(readFileSync(join(root, file)));
  return hash.digest('hex').slice(0, 16);
}

async function loadCases() {
  const cases = [];
  for (const file of globSync('tests/long/**/*.long.ts', { cwd: root }).sort()) {
    const module = await import(join(root, file));
    for (const one of module.cases) cases.push({ name: `${file}: ${one.name}`, run: one.run });
  }
  return cases;
}

function inSlice(name, [part, parts]) {
  return createHash('sha256').update(name).digest().readUInt32LE(0) % parts === part;
}

const cache = join(process.env.LOUPE_CACHE ?? join(homedir(), '.cache', 'loupe'), 'long');
const ledger = join(cache, `${sourceState()}.json`);
const results = !options.fresh && existsSync(ledger) ? JSON.parse(readFileSync(ledger, 'utf8')) : {};

function record(name, result) {
  results[name] = result;
  mkdirSync(cache, { recursive: true });
  writeFileSync(`${ledger}.partial`, JSON.stringify(results, null, 1));
  renameSync(`${ledger}.partial`, ledger);
}

const slice = parseSlice(options.slice);
const chosen = (await loadCases()).filter(({ name }) => inSlice(name, slice) && (options.only === undefined || name.includes(options.only)));
let passed = 0;
let failed = 0;
let skipped = 0;
for (const { name, run } of chosen) {
  if (results[name]?.ok) {
    passed++;
    console.log(`kept    ${name}`);
    continue;
  }
  try {
    const figures = (await run()) ?? {};
    if (figures.skipped !== undefined) {
      skipped++;
      console.log(`skipped ${name}: ${figures.skipped}`);
      continue;
    }
    record(name, { ok: true, figures });
    passed++;
    console.log(`passed  ${name} ${JSON.stringify(figures)}`);
  } catch (error) {
    record(name, { ok: false, error: String(error?.stack ?? error) });
    failed++;
    console.error(`FAILED  ${name}\n${error?.stack ?? error}`);
  }
}
console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
process.exit(failed === 0 ? 0 : 1);
