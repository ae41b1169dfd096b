import assert from 'node:assert/strict';
import { test } from 'node:test';
import { glossEntry, wordnetKind } from '../../../../../src/engine/corpora/kinds/wordnet.ts';
import { defaultCorpusOptions } from '../../../../../src/engine/corpora/definition.ts';

test('an entry is lemma, gloss and examples; the licence is none', () => {
  const line = '00003993 03 n 01 body_of_water 0 001 @ 00003553 n 0000 | a part of the surface; "they invaded our waters"  ';
  assert.deepEqual(glossEntry(line), { offset: '00003993', text: 'body of water: a part of the surface; "they invaded our waters"' });
  assert.equal(glossEntry('01014990 00 s 01 galore(ip) 0 001 & 01014000 a 0000 | in great numbers')!.text, 'galore: in great numbers');
  assert.equal(glossEntry('  3 Princeton University under the following license.'), null);
  assert.equal(glossEntry(''), null);
});

test('all 117,791 glosses are read, in the order of the files', async () => {
  const corpus = await wordnetKind.open('wordnet', defaultCorpusOptions);
  let [count, first, last] = [0, '', ''];
  for await (const { id, text } of corpus.documents()) {
    if (count++ === 0) first = `${id} ${text}`;
    last = id;
    assert.match(text, /^[^_|]+: \S/);
  }
  assert.equal(count, 117_791);
  assert.match(first, /^noun:00001740 entity: that which is perceived/);
  assert.match(last, /^adv:/);
  assert.equal(corpus.listing, true);
});
