import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { checkedLabelling } from '../../../../src/main/jobs/labelling.ts';
import { LoupeError } from '../../../../src/shared/errors.ts';
import { temporaryFolder } from '../../../support/temporary.ts';

test('only catalogs of the workspace are labelled, by name or whole path', (t) => {
  const workspace = temporaryFolder(t);
  mkdirSync(join(workspace, 'catalogs'));
  const [own, other] = [join(workspace, 'catalogs', 'mine.loupe'), join(workspace, 'other.loupe')];
  for (const path of [own, other]) writeFileSync(path, '');
  for (const catalog of ['mine', 'mine.loupe', own]) assert.equal(checkedLabelling(workspace, { catalog })['catalog'], own);
  const kind = (catalog: string, name: string): void => assert.throws(() => checkedLabelling(workspace, { catalog }), (error: unknown) => error instanceof LoupeError && error.kind === name, catalog);
  kind(other, 'read-only');
  kind('none', 'not-found');
  kind('', 'bad-config');
});
