import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../../../../src/engine/random.ts';
import { playGame, selfPlayDefaults } from '../../../../src/engine/chess/self-play.ts';
import { plySpans, replay, splitTranscript, writeTranscript } from '../../../../src/engine/chess/transcript.ts';
import { chessCharacters } from '../../../../src/engine/chess/vocabulary.ts';

test('a transcript is what was specified, and its moves come back', () => {
  assert.equal(writeTranscript(['e4', 'e5', 'Nf3', 'Nc6', 'Bb5']), ';1.e4 e5 2.Nf3 Nc6 3.Bb5');
  assert.deepEqual(splitTranscript(';1.e4 e5 2.Nf3'), ['e4', 'e5', 'Nf3']);
  assert.equal(writeTranscript([]), ';');
});

test('replaying any game gives its moves as legal SAN, in the 32 characters', async () => {
  for (let i = 0; i < 6; i++) {
    const text = await playGame(Random.from(i, 'transcript'), selfPlayDefaults, null);
    assert.ok([...text].every((character) => chessCharacters.includes(character)));
    assert.equal(writeTranscript(replay(text).history()), text);
    assert.deepEqual(plySpans(text).map(({ start, end }) => text.slice(start, end)), splitTranscript(text));
  }
});

test('what is no game is refused with the ply', () => {
  assert.throws(() => splitTranscript('1.e4'), { kind: 'bad-file' });
  assert.throws(() => splitTranscript(';1.e4 2.e5'), { kind: 'bad-file', message: /ply 3|ply 2/ });
  assert.throws(() => splitTranscript(';1.e4! e5'), { kind: 'bad-file', message: /character 6/ });
  assert.throws(() => replay(';1.e4 e5 2.Ke3'), { kind: 'bad-file', message: /^ply 3: Ke3 is not legal/ });
  assert.throws(() => replay(';1.e4 e5 2.Qh5 Nc6 3.Qxf7'), { kind: 'bad-file', message: /Qxf7\+/ });
});

/** Bits a character of `test` under counts of `n` characters from `train`, with 0.1 added to each. */
function bits(train: string, held: string, n: number): number {
  const counts = new Map<string, Map<string, number>>();
  for (let i = n - 1; i < train.length; i++) {
    const before = train.slice(i - n + 1, i);
    const next = counts.get(before) ?? new Map<string, number>();
    next.set(train[i]!, (next.get(train[i]!) ?? 0) + 1);
    counts.set(before, next);
  }
  let sum = 0;
  for (let i = n - 1; i < held.length; i++) {
    const next = counts.get(held.slice(i - n + 1, i)) ?? new Map<string, number>();
    const total = [...next.values()].reduce((a, b) => a + b, 0);
    sum -= Math.log2(((next.get(held[i]!) ?? 0) + 0.1) / (total + 0.1 * chessCharacters.length));
  }
  return sum / (held.length - n + 1);
}

test('the text has form: three characters in a row predict better than one by more than 0.8 bits', async () => {
  const games = await Promise.all(Array.from({ length: 60 }, (_, i) => playGame(Random.from(i, 'form'), selfPlayDefaults, null)));
  const [train, held] = [games.slice(0, 50).join('\n'), games.slice(50).join('\n')];
  assert.ok(bits(train, held, 1) - bits(train, held, 3) >= 0.8, `${bits(train, held, 1)} and ${bits(train, held, 3)}`);
  const shuffled = [...train].map((character, i) => [Random.from(i, 'shuffle').uniform(), character] as const).sort(([a], [b]) => a - b).map(([, character]) => character).join('');
  assert.ok(bits(shuffled, held, 1) - bits(shuffled, held, 3) < 0.8, 'letters in any order have no form');
});
