import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';
import { test } from 'node:test';

const root = resolve(import.meta.dirname, '../../..');
const imports = /(?:^|\n)\s*(?:import|export)\s+(?!type\b)(?:[^'";]*?\bfrom\s*)?['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]\s*\)/g;

/** Everything that `entry` may load for its values, statically or later, with the path that leads there. */
function reachable(entry: string): Map<string, string[]> {
  const found = new Map<string, string[]>([[resolve(root, entry), [entry]]]);
  for (const [file, path] of found) {
    if (!existsSync(file)) continue;
    for (const [, fixed, lazy] of readFileSync(file, 'utf8').matchAll(imports)) {
      const specifier = (fixed ?? lazy)!;
      const target = specifier.startsWith('.') ? resolve(dirname(file), specifier) : specifier;
      if (!found.has(target)) found.set(target, [...path, specifier.startsWith('.') ? relative(root, target) : specifier]);
    }
  }
  return found;
}

test('main\'s module graph reaches no tensor op and no SQL', () => {
  for (const entry of ['src/main/index.ts', 'src/main/owner.ts']) {
    const graph = reachable(entry);
    assert.ok(graph.size > 30, 'the walk sees the imports');
    for (const [target, path] of graph) {
      assert.ok(!/^@tensorflow\/|^better-sqlite3$/.test(target), path.join(' -> '));
      assert.ok(!/src\/engine\/(ops|process|sae\/variants)|src\/main\/catalog\/worker/.test(target), path.join(' -> '));
    }
  }
});

test('the loopback host runs without Electron', () => {
  for (const [target, path] of reachable('src/main/owner.ts')) assert.notEqual(target, 'electron', path.join(' -> '));
});

test('the walk would find them: the engine\'s graph reaches tensors, the catalog worker\'s reaches SQL', () => {
  assert.ok([...reachable('src/engine/process.ts').keys()].some((target) => target.startsWith('@tensorflow/')));
  assert.ok(reachable('src/main/catalog/worker.ts').has('better-sqlite3'));
});

test('Electron\'s entry is app lifecycle only: at most 150 lines', () => {
  assert.ok(readFileSync(resolve(root, 'src/main/index.ts'), 'utf8').split('\n').length <= 150);
});
