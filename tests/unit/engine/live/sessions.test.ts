import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Sessions } from '../../../../src/engine/live/sessions.ts';

test('a session lives until it is ended; a third one ends the oldest; each is freed and released once', () => {
  const log: string[] = [];
  const sessions = new Sessions<{ dispose(): void }>();
  const begin = (name: string): string => sessions.begin({ dispose: () => log.push(`${name} freed`) }, () => log.push(`${name} released`));
  const [a, b] = [begin('a'), begin('b')];
  sessions.get(a);
  const c = begin('c');
  assert.deepEqual(log, ['a freed', 'a released']);
  assert.throws(() => sessions.get(a), { kind: 'not-found', message: /ended.*Start it again/u });
  sessions.end(a);
  sessions.end(b);
  sessions.end(b);
  assert.deepEqual(log.slice(2), ['b freed', 'b released']);
  assert.equal(sessions.count, 1);
  sessions.endAll();
  assert.throws(() => sessions.get(c), { kind: 'not-found' });
});
