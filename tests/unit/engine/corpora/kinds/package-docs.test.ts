import assert from 'node:assert/strict';
import { test } from 'node:test';
import packageLock from '../../../../../package-lock.json' with { type: 'json' };
import { defaultCorpusOptions } from '../../../../../src/engine/corpora/definition.ts';
import { packageDocsKind, pinnedFiles, readPinned } from '../../../../../src/engine/corpora/kinds/package-docs.ts';
import { collect } from '../../../../support/collect.ts';

test('every pinned file belongs to a package of the lock file, in its version', () => {
  const locked = packageLock.packages as Record<string, { version?: string }>;
  for (const { package: pinned } of pinnedFiles()) {
    const at = pinned.lastIndexOf('@');
    assert.equal(locked[`node_modules/${pinned.slice(0, at)}`]?.version, pinned.slice(at + 1), pinned);
  }
});

test('the documents are the files that match their hash; the others are named', async () => {
  const log: string[] = [];
  const corpus = await packageDocsKind.open('package-docs', { ...defaultCorpusOptions, log: (line) => log.push(line) });
  const documents = await collect(corpus.documents());
  assert.equal(documents.length + log.length, pinnedFiles().length);
  assert.ok(documents.length > 50, log.join('\n'));
  assert.ok(documents.every(({ text }) => text.length > 1000));
});

test('another version, another content and a missing package are told apart', () => {
  const [file] = pinnedFiles();
  const [name] = file!.package.split(/@(?=[^@]*$)/);
  const problem = (changes: Partial<typeof file>): unknown => (readPinned({ ...file!, ...changes }) as { problem?: string }).problem;
  assert.match(String(problem({ package: `${name}@0.0.0` })), /is installed as/);
  assert.match(String(problem({ sha256: '0'.repeat(64) })), /has another/);
  assert.match(String(problem({ path: 'NO.md' })), /has no usable file/);
  assert.match(String(problem({ package: 'no-such-package@1.0.0' })), /is not installed/);
});
