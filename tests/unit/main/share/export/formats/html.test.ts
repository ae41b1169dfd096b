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
import { hostileCatalog, hostileLabels, hostileTokens } from '../../../../../support/hostile-catalog.ts';
import { exportTo } from '../../../../../support/share.ts';
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

interface SiteFeature { index: number; labels: { text: string; author: string; current: boolean }[]; examples: [number, number, number, number, number, number, number, number[], number[]][] }

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
