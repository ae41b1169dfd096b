/** The site's files: what the shards hold, and that its own script writes what the studio writes. The pages themselves: e2e/site.test.ts. */
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { runInNewContext } from 'node:vm';
import { inflateSync } from 'node:zlib';
import { entryPath } from '../../../../../../src/engine/entry.ts';
import * as numbers from '../../../../../../src/renderer/src/format/number.ts';
import * as colour from '../../../../../../src/renderer/src/tokens/colour.ts';
import * as display from '../../../../../../src/renderer/src/tokens/display.ts';
import { openCatalogReader, openCatalogWriter } from '../../../../../../src/main/catalog/opening.ts';
import { featurePageOf } from '../../../../../../src/main/catalog/reading.ts';
import { hostileCatalog, hostileLabels, hostileTokens } from '../../../../../support/hostile-catalog.ts';
import { exportTo } from '../../../../../support/share.ts';
import { signedCatalog } from '../../../../../support/signed-catalog.ts';
import { temporaryFolder } from '../../../../../support/temporary.ts';

const clean: (() => void)[] = [];
const folder = temporaryFolder({ after: (end) => clean.push(end) });
after(() => clean.forEach((end) => end()));
const [from, site] = [join(folder, 'from.loupe'), join(folder, 'site')];
before(() => {
  hostileCatalog(from);
  exportTo(from, 'html', site);
});

function shard(name: string, at = site): unknown {
  const [, called, text] = /^loupeShard\("([^"]+)","([A-Za-z0-9+/=]+)"\);\n$/.exec(readFileSync(join(at, 'data', `${name}.js`), 'utf8'))!;
  assert.equal(called, name);
  return JSON.parse(inflateSync(Buffer.from(text!, 'base64')).toString('utf8'));
}

interface SiteFeature { min?: number; below?: number[]; intervalsBelow?: number[]; extras: Record<string, unknown> | null; neighbours: number[][]; index: number; labels: { text: string; author: string; current: boolean }[]; examples: [number, number, number, number, number, number, number, number[], number[]][] }

describe('the data', () => {
  test('is what the catalog holds: labels, tokens, activations', () => {
    const words = shard('words') as { texts: string[]; special: number[] };
    const features = shard('s0-0') as SiteFeature[];
    assert.deepEqual(features.map(({ index, labels }) => [index, labels[0]!.text, labels[0]!.current]), hostileLabels.map((label, i) => [i, label, true]));
    const [group, value, maximum, peak, start, document, context, ids, sparse] = features[1]!.examples[0]!;
    assert.deepEqual({ group, value, maximum, peak, start, document, context }, { group: 0, value: 2, maximum: 2, peak: 2, start: 0, document: 0, context: 0 });
    assert.deepEqual(ids.map((id) => words.texts[id]), [...hostileTokens]);
    assert.deepEqual(words.special.map((id) => words.texts[id]), [hostileTokens[0]]);
    assert.deepEqual(sparse, [2, 255]);
  });

  test('relations and weights are lists and numbers, none of them a word', () => {
    const { extras, min } = (shard('s0-0') as SiteFeature[])[1]!;
    assert.equal(min, undefined);
    assert.deepEqual(extras, {
      // Both fire on one token, each on two: one of three.
      together: [[2, 1, 0.33333]], correlated: [[2, 0.25]], neurons: [[1, 0.5]], logits: [-0.5, 0.5, 1, 2, 1], weights: [-3, 4, 1, 1], norm: 5, l1: 7, heads: [], aligned: [[1, 4], [0, -3]],
    });
  });

  test('of a feature that fires with both signs: minimum, histogram and intervals below 0, steps with their sign', async () => {
    const [path, at] = [join(folder, 'signed.loupe'), join(folder, 'signed')];
    await signedCatalog(path);
    exportTo(path, 'html', at, { examples: 1000 });
    const db = openCatalogReader(path);
    const features = shard('s0-0', at) as SiteFeature[];
    for (const index of [0, 7, 9]) {
      const [page, feature] = [featurePageOf(db, { source: 1, index }), features[index]!];
      if (page.min === 0) assert.deepEqual([feature.min, feature.below, feature.intervalsBelow], [undefined, undefined, undefined]);
      else {
        assert.ok(Math.abs(feature.min! - page.min) < 1e-4);
        assert.deepEqual(feature.below!.slice(2), [...page.negative!.counts.data]);
        assert.deepEqual(feature.intervalsBelow!.map((n) => n / page.firings), page.groups.slice(-5).map(({ share }) => share));
      }
      const theirs = page.groups.flatMap(({ examples }) => examples);
      assert.equal(feature.examples.length, theirs.length);
      feature.examples.forEach(([, value, maximum, peak, , , , ids, sparse], i) => {
        const values = new Float32Array(ids.length);
        for (let k = 0; k < sparse.length; k += 2) values[sparse[k]!] = (sparse[k + 1]! * maximum) / (page.min < 0 ? 127 : 255);
        values[peak] = value;
        [...(theirs[i]!.activations.data as Float32Array)].forEach((exact, k) => assert.ok(Math.abs(values[k]! - exact) < 1e-3, `${index}/${i}/${k}`));
      });
    }
    db.close();
    const table = shard('table-0', at) as { preview: (unknown[] | null)[] };
    assert.deepEqual([0, 5, 9].map((index) => table.preview[index]?.[3]), [undefined, undefined, 1]);
  });

  test('a catalog of an older Loupe has no relations', () => {
    const [path, at] = [join(folder, 'older.loupe'), join(folder, 'older')];
    hostileCatalog(path);
    const db = openCatalogWriter(path);
    db.run('DELETE FROM feature_extras');
    db.close();
    exportTo(path, 'html', at);
    assert.deepEqual((shard('s0-0', at) as SiteFeature[]).map(({ extras }) => extras), [null, null, null, null, null]);
  });

  test('the table has a row a feature, with the tokens around the peak of its strongest example', () => {
    const words = (shard('words') as { texts: string[] }).texts;
    const table = shard('table-0') as { index: number[]; label: string[]; preview: [number[], number, number[]][] };
    assert.deepEqual(table.index, [0, 1, 2, 3, 4]);
    assert.deepEqual(table.label, [...hostileLabels]);
    const [before, peak, rest] = table.preview[1]!;
    assert.deepEqual([before, [peak], rest].map((ids) => ids.map((id) => words[id]!)), [hostileTokens.slice(0, 2), hostileTokens.slice(2, 3), hostileTokens.slice(3, 8)].map((part) => [...part]));
  });

  test('no text of the catalog stands in a script, a page or a name as it is', () => {
    for (const name of readdirSync(site, { recursive: true }) as string[]) {
      assert.match(name, /^(?:data|[a-z]+\.(?:html|css|js)|README\.txt|data\/[a-z0-9-]+\.js)$/);
      if (name === 'data') continue;
      const text = readFileSync(join(site, name), 'utf8');
      for (const word of [...hostileTokens.slice(1, 4), ...hostileLabels]) assert.ok(!text.includes(word), `${name}: ${word}`);
    }
  });

  test('redacted, no word is in any shard, packed or not', () => {
    const at = join(folder, 'redacted');
    exportTo(from, 'html', at, { redaction: { text: 'classes', people: true } });
    const all = readdirSync(join(at, 'data')).map((name) => JSON.stringify(shard(name.replace('.js', ''), at))).join('\n');
    for (const word of ['desrever', 'window.attacked=3', '@ada', '+notes', '/home/somebody']) assert.ok(!all.includes(word), word);
    assert.match(all, /‹punctuation›|‹word›/);
    // What is new beside examples holds no text at all.
    for (const { extras } of shard('s0-0', at) as SiteFeature[]) assert.match(JSON.stringify(Object.values(extras!)), /^[-\d.,e[\]]+$/);
  });

  test('the pages ask for nothing that does not lie in the folder', () => {
    for (const name of readdirSync(site).filter((file) => /\.(html|css|js)$/.test(file))) {
      const text = readFileSync(join(site, name), 'utf8').replaceAll('http://www.w3.org/2000/svg', '');
      assert.ok(!/https?:|\/\/[a-z]|@import|url\(|\bfetch\(|import\s*\(|XMLHttpRequest|WebSocket|innerHTML|eval\(/i.test(text.replace(/^\s*\/[/*].*$/gm, '')), name);
    }
  });
});

describe('the site\'s script beside the studio\'s modules', () => {
  type Words = typeof numbers & typeof display & Pick<typeof colour, 'strength' | 'shade'>;
  const context: { LoupeSite?: { words: Words }; Intl: typeof Intl } = { Intl };
  runInNewContext(readFileSync(join(entryPath('resources'), 'site', 'words.js'), 'utf8'), context);
  const words = context.LoupeSite!.words;
  const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

  test('numbers are written alike', () => {
    for (const value of [0, 1, -1, 0.5, 12.345, 999.5, 1234.5, 1e-5, -1e-5, 1e8, 0.00001234, 4608, Number.NaN, Infinity]) {
      for (const name of ['count', 'significant', 'signed', 'percent'] as const) assert.equal(words[name](value), numbers[name](value), `${name}(${value})`);
      assert.equal(words.fixed(value, 3), numbers.fixed(value, 3));
    }
  });

  test('tokens are drawn alike', () => {
    for (const token of [...hostileTokens, ...hostileLabels, ' a b', '\t', '\r', '\u0085', '\uD800', 'é']) {
      assert.deepEqual(plain(words.pieces(token)), plain(display.pieces(token)), JSON.stringify(token));
      assert.equal(words.oneLine(token), display.oneLine(token));
      assert.equal(words.quoted(token), display.quoted(token));
    }
  });

  test('shades are the same', () => {
    const [surface, hue, text] = [[24, 27, 31], [238, 138, 29], [231, 233, 236]] as const;
    for (let value = -0.1; value <= 1.2; value += 0.05) {
      const share = colour.strength(value, 1);
      assert.equal(words.strength(value, 1), share);
      assert.deepEqual(plain(words.shade(share, surface, hue, text)), colour.shade(share, surface, hue, text));
    }
  });

  test('colours and faces are the studio\'s own file', () => {
    assert.equal(readFileSync(join(entryPath('resources'), 'site', 'tokens.css'), 'utf8'), readFileSync(join(entryPath('root'), 'src/renderer/src/styles/tokens.css'), 'utf8'));
  });
});
