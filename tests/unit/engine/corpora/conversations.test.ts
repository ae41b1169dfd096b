import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { messagesOf, parseConversation, withoutRepeats } from '../../../../src/engine/corpora/conversations.ts';
import type { CorpusDocument } from '../../../../src/engine/corpora/definition.ts';
import { openCorpus } from '../../../../src/engine/corpora/registry.ts';
import { collect } from '../../../support/collect.ts';
import { temporaryFolder } from '../../../support/temporary.ts';

const words = (from: number, count: number): string => Array.from({ length: count }, (_, i) => `w${from + i}`).join(' ');
const conversation = (id: string, ...contents: string[]): CorpusDocument => ({ id, text: JSON.stringify(contents.map((content, i) => ({ role: i % 2 === 0 ? 'user' : 'assistant', content }))) });

test('messages with role and content, and ShareGPT\'s from and value, become one form', () => {
  const expected = { text: '[{"role":"user","content":"hi"},{"role":"assistant","content":"yes"}]' };
  assert.deepEqual(parseConversation({ messages: [{ role: 'user', content: 'hi', extra: 1 }, { role: 'assistant', content: 'yes' }] }, 'text'), expected);
  assert.deepEqual(parseConversation({ conversations: [{ from: 'human', value: 'hi' }, { from: 'gpt', value: 'yes' }] }, 'text'), expected);
  assert.deepEqual(parseConversation({ chat: [{ role: 'user', content: 'a' }] }, 'chat'), { text: '[{"role":"user","content":"a"}]' });
  for (const bad of [{}, { messages: 'x' }, { messages: [] }, { messages: [{ role: 'user' }] }, { messages: [null] }]) assert.ok('problem' in parseConversation(bad, 'text'), JSON.stringify(bad));
  assert.throws(() => messagesOf({ id: 'a', text: 'plain' }), { kind: 'defect' });
});

test('a conversation that shares 20 words in a row with an earlier one is left out; 19 are not enough', async () => {
  async function* documents(): AsyncGenerator<CorpusDocument> {
    yield conversation('first', words(0, 25), words(100, 5));
    yield conversation('shares 19', `${words(0, 19)} other`);
    yield conversation('shares 20', `before ${words(3, 20)}`);
    yield conversation('over the border of messages', words(10, 15), words(100, 5)); // w10..w24 w100..w104: in the first, too
    yield conversation('short', 'good morning');
    yield conversation('short again', 'good  morning');
    yield conversation('repeats what was left out', `before ${words(500, 19)}`);
  }
  const lines: string[] = [];
  const kept = await collect(withoutRepeats(documents(), (line) => lines.push(line)));
  assert.deepEqual(kept.map(({ id }) => id), ['first', 'shares 19', 'short', 'repeats what was left out']);
  assert.match(lines[0]!, /^3 of 7 conversations/u);
});

test('a JSONL corpus gives conversations where they are asked for, skips what is none, and other kinds are refused', async (t) => {
  const folder = temporaryFolder(t);
  const path = join(folder, 'chat.jsonl');
  writeFileSync(path, '{"messages":[{"role":"user","content":"hi"}]}\n{"text":"plain"}\n');
  const lines: string[] = [];
  const corpus = await openCorpus(path, { conversations: true, log: (line) => lines.push(line) });
  assert.deepEqual(await collect(corpus.documents()), [{ id: 'chat.jsonl:1', text: '[{"role":"user","content":"hi"}]' }]);
  assert.match(lines[0]!, /line 2 has no list of messages/u);
  writeFileSync(join(folder, 'notes.txt'), 'text');
  await assert.rejects(openCorpus(join(folder, 'notes.txt'), { conversations: true }), { kind: 'unsupported', message: /\.jsonl/u });
});
