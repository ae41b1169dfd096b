import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Random } from '../../../../../src/engine/random.ts';
import { currentOf, joinHistories, mergeStatus, resolveHistories, suggestedChoice } from '../../../../../src/main/catalog/merge/labels.ts';
import type { LabelState } from '../../../../../src/main/catalog/merge/labels.ts';
import { mergeChoices } from '../../../../../src/shared/schema/share.ts';

function label(uid: string, day: number, changes: Partial<LabelState> = {}): LabelState {
  return { uid, text: uid, author: 'a', kind: 'manual', confidence: null, notes: '', family: '', createdAt: `2026-01-${String(day).padStart(2, '0')}`, undoneAt: null, ...changes };
}

const history = (...labels: LabelState[]): Map<string, LabelState> => new Map(labels.map((entry) => [entry.uid, entry]));
const undone = { undoneAt: '2026-02-01' };

describe('which label is current', () => {
  test('the latest that stands; of two of the same time, the greater uid', () => {
    assert.equal(currentOf([label('a', 1), label('b', 3), label('c', 2)])!.uid, 'b');
    assert.equal(currentOf([label('a', 1), label('b', 3, undone), label('c', 2)])!.uid, 'c');
    assert.equal(currentOf([label('b', 1), label('a', 1)])!.uid, 'b');
    assert.equal(currentOf([label('a', 1, undone)]), null);
  });
});

describe('what merging does to a feature', () => {
  const base = label('base', 1);
  const cases: readonly (readonly [string, Map<string, LabelState>, Map<string, LabelState>])[] = [
    ['identical', history(base), history(base)],
    ['ahead', history(base, label('mine', 2)), history(base)],
    ['new', history(), history(base)],
    ['new', history(label('old', 1, undone)), history(label('theirs', 2))],
    ['changed', history(base), history(base, label('theirs', 2))],
    ['changed', history(base), history({ ...base, ...undone }, label('theirs', 2))],
    ['removed', history(base), history({ ...base, ...undone })],
    ['removed', history(label('old', 1), label('base', 2)), history(label('old', 1), label('base', 2, undone))],
    ['history', history(base), history(label('theirs', 2, undone))],
    ['history', history(base, label('mine', 3)), history(base, label('theirs', 2, undone))],
    ['agreed', history(label('mine', 1, { text: 'Red  things' })), history(label('theirs', 2, { text: 'red things' }))],
    ['conflict', history(base, label('mine', 2)), history(base, label('theirs', 3))],
  ];
  for (const [status, mine, theirs] of cases) {
    test(`${status}: ${[...mine.keys()].join(' ')} with ${[...theirs.keys()].join(' ')}`, () => assert.equal(mergeStatus(mine, theirs), status));
  }

  test('a person is proposed before a guess; two of a kind are not decided', () => {
    assert.equal(suggestedChoice(label('m', 1), label('t', 2, { kind: 'rule' })), 'mine');
    assert.equal(suggestedChoice(label('m', 1, { kind: 'model' }), label('t', 2)), 'theirs');
    assert.equal(suggestedChoice(label('m', 1), label('t', 2)), null);
    assert.equal(suggestedChoice(label('m', 1, { kind: 'rule' }), label('t', 2, { kind: 'model' })), null);
  });
});

describe('deciding', () => {
  const [mine, theirs] = [history(label('base', 1), label('mine', 2)), history(label('base', 1), label('theirs', 3))];
  test('keep mine: theirs comes into the history, taken back', () => {
    const result = resolveHistories(mine, theirs, 'mine', 'T');
    assert.equal(currentOf(result.values())!.uid, 'mine');
    assert.deepEqual([...result.values()].map(({ uid, undoneAt }) => [uid, undoneAt]), [['base', null], ['mine', null], ['theirs', 'T']]);
  });
  test('take theirs: ours is taken back and stays', () => {
    const result = resolveHistories(mine, theirs, 'theirs', 'T');
    assert.equal(currentOf(result.values())!.uid, 'theirs');
    assert.equal(result.get('mine')!.undoneAt, 'T');
  });
  test('keep both: both stand, the later one is shown', () => {
    const result = resolveHistories(mine, theirs, 'both', 'T');
    assert.equal(currentOf(result.values())!.uid, 'theirs');
    assert.ok([...result.values()].every(({ undoneAt }) => undoneAt === null));
  });
});

describe('properties, over 300 seeded pairs and triples of histories', () => {
  const pool = Array.from({ length: 8 }, (_, i) => label(`l${i}`, 1 + ((i * 3) % 5)));
  const drawn = (random: Random): Map<string, LabelState> => history(...pool.filter(() => random.uniform() < 0.5).map((entry) => (random.uniform() < 0.3 ? { ...entry, undoneAt: `2026-02-0${1 + random.integer(3)}` } : entry)));
  const plain = (h: ReadonlyMap<string, LabelState>): unknown => [...h.values()].sort((a, b) => (a.uid < b.uid ? -1 : 1));
  for (let seed = 0; seed < 300; seed += 100) {
    test(`seeds ${seed} to ${seed + 99}`, () => {
      for (let s = seed; s < seed + 100; s++) {
        const random = Random.from(s, 'histories');
        const [a, b, c] = [drawn(random), drawn(random), drawn(random)];
        assert.deepEqual(plain(joinHistories(a, b)), plain(joinHistories(b, a)), `commutative, seed ${s}`);
        assert.deepEqual(plain(joinHistories(joinHistories(a, b), c)), plain(joinHistories(a, joinHistories(b, c))), `associative, seed ${s}`);
        assert.deepEqual(plain(resolveHistories(a, b, 'mine', 'T')), plain(resolveHistories(b, a, 'theirs', 'T')), `mine is theirs seen from the other side, seed ${s}`);
        for (const choice of mergeChoices) {
          const merged = resolveHistories(a, b, choice, 'T');
          assert.deepEqual([...merged.keys()].sort(), [...new Set([...a.keys(), ...b.keys()])].sort(), `nothing is lost, seed ${s}`);
          const status = mergeStatus(merged, b);
          assert.ok(status === 'identical' || status === 'ahead', `merging twice changes nothing, seed ${s}: ${status}`);
        }
      }
    });
  }
});
