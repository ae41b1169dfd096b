#!/usr/bin/env node
/** Fails when a source file in engine, catalog or contract has no test at the same path under tests/unit. */
import { globSync } from 'node:fs';

// Files that hold types or data alone, and process entries that the end-to-end tests run.
const exempt = [/\/types\.ts$/, /\/definition\.ts$/, /^src\/engine\/(job|process)\.ts$/, /^src\/engine\/sae\/dictionary\.ts$/, /^src\/engine\/train\/(source|trainer)\.ts$/, /^src\/main\/catalog\/worker\.ts$/, /^src\/shared\/schema\//];

const tests = new Set(globSync('tests/unit/**/*.test.ts').map((file) => file.split('\\').join('/')));
const missing = ['src/engine/**/*.ts', 'src/main/catalog/**/*.ts', 'src/shared/**/*.ts']
  .flatMap((pattern) => globSync(pattern))
  .map((file) => file.split('\\').join('/'))
  .filter((file) => !exempt.some((pattern) => pattern.test(file)))
  .filter((file) => !tests.has(file.replace(/^src\//, 'tests/unit/').replace(/\.ts$/, '.test.ts')));
for (const file of missing) console.error(`no mirror test: ${file}`);
process.exit(missing.length === 0 ? 0 : 1);
