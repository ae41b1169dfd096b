import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { command, labelConfigOf } from '../../../../src/cli/commands/label.ts';
import type { CliContext } from '../../../../src/cli/command.ts';
import { stopThreads } from '../../../../src/main/catalog/client.ts';
import { LoupeError } from '../../../../src/shared/errors.ts';
import { labelCatalog } from '../../../support/label-catalog.ts';
import { temporaryFolder } from '../../../support/temporary.ts';

after(stopThreads);

test('loupe label fills first guesses, says how well they tell, and leaves nothing beside the catalog', async (t) => {
  const folder = temporaryFolder(t);
  const path = join(folder, 'c.loupe');
  labelCatalog(path);
  const lines: string[] = [];
  const context = { json: true, workspace: folder, seedGiven: false, seed: 0, signal: new AbortController().signal, log: (line: string) => lines.push(line), print: async () => {}, progress: () => {} } as CliContext;
  const { json, text } = await command.run([], { catalog: path, labeller: 'rule', floor: true, show: true }, context);
  assert.deepEqual([json['labelled'], json['features']], [2, 3]);
  assert.match(text, /2 of 3 features labelled .*median [\d.]+ \(quartiles .* n = 2 features\); labels of other features: median/);
  assert.match(lines[0]!, /^0 {2}token "w5x"\n.*<< w5x>>/);
  assert.ok(!existsSync(join(folder, '.c.loupe.label')));
});

test('options that are wrong are named', (t) => {
  const path = join(temporaryFolder(t), 'c.loupe');
  labelCatalog(path);
  for (const [options, says] of [[{ catalog: path, labeller: 'oracle' }, /--labeller/], [{ catalog: path, labeller: 'rule', features: 'x' }, /--features/], [{ labeller: 'rule' }, /--catalog/]] as const) {
    assert.throws(() => labelConfigOf(options, 0), (error: unknown) => error instanceof LoupeError && error.kind === 'bad-request' && says.test(error.message), String(says));
  }
});
