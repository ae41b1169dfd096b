/** A catalog of the units of every kind of layer, held to the values at the hook and to the weights by brute force. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import { ablateLatent } from '../../../../src/engine/live/ablate.ts';
import { SteeredPrompt } from '../../../../src/engine/live/direction.ts';
import { encodePrompt } from '../../../../src/engine/live/encode.ts';
import type { LanguageModel } from '../../../../src/engine/lm/definition.ts';
import { loadModel } from '../../../../src/engine/lm/load.ts';
import { loadDictionary } from '../../../../src/engine/sae/load.ts';
import type { Dictionary } from '../../../../src/engine/sae/dictionary.ts';
import { openStore } from '../../../../src/engine/store/open.ts';
import { openCatalog, stopThreads, type CatalogClient } from '../../../../src/main/catalog/client.ts';
import { unitsFactsOf } from '../../../../src/shared/schema/units.ts';
import { unitNameOf } from '../../../../src/shared/unit-names.ts';
import type { Feature } from '../../../../src/shared/schema/catalog.ts';
import { vector } from '../../../../src/shared/schema/tensor.ts';
import { assertClose } from '../../../support/closeness.ts';
import { placeOf, typed } from '../../../support/live.ts';
import { contextLength, makeUnitsCatalog, unitKinds, unitsHook, type UnitsJob } from '../../../support/units.ts';

process.env['LOUPE_BACKEND'] = 'cpu';
after(async () => stopThreads());

const [smooth, undirected] = [['gelu', 'switch', 'llama'], ['monet-hd', 'monet-vd']];
/** Of smooth kinds. */
const kept = 7;

interface Opened {
  readonly folder: string;
  readonly job: UnitsJob;
  readonly result: Record<string, unknown>;
  readonly catalog: CatalogClient;
  readonly model: LanguageModel;
  readonly dictionary: Dictionary;
  /** What the model says at the hook for the counted rows of the store, and 0 elsewhere: float32 [rows, units]. */
  readonly values: Float32Array;
  readonly counted: number;
}

/** The values that count: as the model gives them for the store's tokens, the largest alone where units are smooth. */
function valuesOf(model: LanguageModel, storeFolder: string, keep: number | null): Pick<Opened, 'values' | 'counted'> {
  const store = openStore(storeFolder);
  const { contexts } = store.manifest;
  const mask = store.mask(0, contexts);
  const { cache } = model.run(store.tokens(0, contexts), contexts, contextLength, { names: [unitsHook], logits: false });
  const values = Float32Array.from(cache.get(unitsHook)!.dataSync<'float32'>());
  tf.dispose([...cache.values()]);
  store.close();
  const units = values.length / mask.length;
  for (let row = 0; row < mask.length; row++) {
    const own = values.subarray(row * units, (row + 1) * units);
    if (mask[row] === 0) own.fill(0);
    else if (keep !== null) {
      const order = [...own.keys()].sort((a, b) => Math.abs(own[b]!) - Math.abs(own[a]!));
      for (const unit of order.slice(keep)) own[unit] = 0;
    }
  }
  return { values, counted: mask.reduce((a, b) => a + b, 0) };
}

async function open(kind: string): Promise<Opened> {
  const folder = mkdtempSync(join(tmpdir(), `loupe-units-${kind}-`));
  const keep = smooth.includes(kind) ? kept : null;
  const { result, ...job } = await makeUnitsCatalog(folder, kind, '--no-labels', ...(keep === null ? [] : ['--keep', String(keep)]));
  const model = await loadModel(job.model);
  return { folder, job, result, catalog: await openCatalog(job.catalog), model, dictionary: await loadDictionary(String(result['dictionary'])), ...valuesOf(model, job.store, keep) };
}

/** The unembedding behind the final norm's weight, less the row's mean where the norm takes it: float32 [dModel, vocab] applied to a direction, relative to the mean. */
function effectsOf(model: LanguageModel, direction: Float32Array): Float32Array {
  const weight = model.finalNormWeight!.dataSync<'float32'>();
  const unembedding = model.unembedding.dataSync<'float32'>();
  const vocab = model.config.vocab;
  const mean = model.config.family === 'loupe' ? direction.reduce((a, b) => a + b, 0) / direction.length : 0;
  const out = new Float32Array(vocab);
  direction.forEach((value, i) => { for (let token = 0; token < vocab; token++) out[token]! += (value - mean) * weight[i]! * unembedding[i * vocab + token]!; });
  const centre = out.reduce((a, b) => a + b, 0) / vocab;
  return out.map((value) => value - centre);
}

for (const kind of Object.keys(unitKinds)) {
  describe(kind, () => {
    let opened: Opened;
    let pages: Feature[];
    before(async () => {
      opened = await open(kind);
      pages = [];
      for (let index = 0; index < opened.dictionary.dSae; index++) pages.push(await opened.catalog.feature({ source: 1, index }));
    });
    after(async () => {
      await opened.catalog.close();
      opened.model.dispose();
      opened.dictionary.dispose();
      rmSync(opened.folder, { recursive: true, force: true });
    });

    test('density, maximum, least value, mean and the strongest example are those of the values at the hook', () => {
      const { values, counted } = opened;
      const units = pages.length;
      const fired: number[] = [];
      pages.forEach((page, unit) => {
        const own = [...Array.from({ length: values.length / units }, (_, row) => values[row * units + unit]!).entries()].filter(([, value]) => value !== 0);
        const only = own.map(([, value]) => value);
        assert.deepEqual([page.tokens, page.firings, page.density], [counted, own.length, own.length / counted], `unit ${unit}`);
        const close = (got: number, wanted: number, what: string): void => assert.ok(Math.abs(got - wanted) <= 1e-5 * Math.max(1, Math.abs(wanted)), `unit ${unit}: ${what} ${got}, not ${wanted}`);
        close(page.max, Math.max(0, ...only), 'maximum');
        close(page.min, Math.min(0, ...only), 'minimum');
        close(page.mean, only.length === 0 ? 0 : only.reduce((a, b) => a + b, 0) / only.length, 'mean');
        fired.push(own.length);
        const strongest = page.groups[0]?.examples[0];
        if (!(page.max > 0)) return;
        const { peak, start, activations } = strongest!;
        close(activations.data[peak - start]!, page.max, 'activation of the strongest example');
      });
      assert.ok(fired.some((n) => n > 0 && n < counted), 'some unit fires on some tokens');
      assert.equal(opened.result['dead'], fired.filter((n) => n === 0).length);
    });

    test('logit effects are the direction behind the norm times the unembedding; without a direction there are none', () => {
      const { writes, noDirection } = opened.model.units(unitsHook);
      pages.forEach((page, unit) => {
        if (undirected.includes(kind)) {
          assert.deepEqual([page.topLogits, page.bottomLogits, page.neighbours, page.extras!.logits, page.extras!.aligned], [[], [], [], null, []]);
          return;
        }
        const d = opened.model.config.dModel;
        const effects = effectsOf(opened.model, writes!.rows.subarray(unit * d, (unit + 1) * d));
        const order = [...effects.keys()].sort((a, b) => effects[b]! - effects[a]!);
        assertClose(Float32Array.from(page.topLogits, ({ value }) => value), Float32Array.from(order.slice(0, 5), (token) => effects[token]!), 1e-5, `unit ${unit}`);
        page.topLogits.forEach(({ tokenId, value }) => assert.ok(Math.abs(effects[tokenId]! - value) < 1e-5));
        page.bottomLogits.forEach(({ tokenId, value }) => assert.ok(Math.abs(effects[tokenId]! - value) < 1e-5));
      });
      assert.equal(noDirection === null, !undirected.includes(kind));
    });

    test('the source says what its units are called, and why they have no direction', async () => {
      const { sources } = await opened.catalog.info();
      const facts = unitsFactsOf(sources[0]!)!;
      assert.equal(sources[0]!.kind, 'units');
      assert.equal(facts.units, pages.length);
      assert.equal(facts.noDirection !== null, undirected.includes(kind));
      assert.equal(facts.keep, smooth.includes(kind) ? kept : null);
      const names: Readonly<Record<string, string>> = { 'moe-x': 'expert 1, neuron 5', switch: 'expert 1, neuron 5', 'monet-hd': 'expert (3, 1)', 'monet-vd': 'expert (3, 1)', crate: 'atom 13' };
      assert.equal(unitNameOf(facts.names, 13), names[kind] ?? 'neuron 13');
    });

    test('neighbours are the nearest directions by cosine, and none where all stand at right angles', () => {
      if (kind === 'crate' || undirected.includes(kind)) {
        assert.ok(pages.every(({ neighbours }) => neighbours.length === 0));
        return;
      }
      const { wDec, dOut } = opened.dictionary;
      const row = (i: number): Float32Array => wDec.subarray(i * dOut, (i + 1) * dOut);
      const cosine = (a: Float32Array, b: Float32Array): number => a.reduce((sum, value, i) => sum + value * b[i]!, 0) / Math.hypot(...a) / Math.hypot(...b);
      const all = pages.map((_, other) => other).filter((other) => other !== 2).sort((a, b) => cosine(row(2), row(b)) - cosine(row(2), row(a)));
      assert.deepEqual(pages[2]!.neighbours.map(({ index }) => index), all.slice(0, 3));
    });

    test('a text is encoded live to the values at the hook', () => {
      const { model, dictionary } = opened;
      const place = placeOf(model, dictionary, 'units');
      const { tokens, dictionaries: [found] } = encodePrompt(model, [place], { prompt: typed('Line 7'), top: dictionary.dSae, rows: [], predictions: false });
      const ids = Int32Array.from(tokens.ids.data);
      const { cache } = model.run(ids, 1, ids.length, { names: [unitsHook], logits: false });
      const x = cache.get(unitsHook)!.dataSync<'float32'>();
      tf.dispose([...cache.values()]);
      const back = new Float32Array(x.length);
      found!.indices.data.forEach((unit, slot) => { if (found!.values.data[slot] !== 0) back[Math.floor(slot / dictionary.dSae) * dictionary.dSae + unit] = found!.values.data[slot]!; });
      const counts = [...found!.counts.data];
      if (smooth.includes(kind)) {
        assert.deepEqual(counts, counts.map(() => kept));
        back.forEach((value, i) => assert.ok(value === 0 || Math.abs(value - x[i]!) < 1e-6));
      } else assertClose(back, x, 1e-6, 'units');
    });

    test('taking a unit away is what setting it to 0 at its hook does, and adding it what raising it does', () => {
      const { model, dictionary } = opened;
      const place = placeOf(model, dictionary, 'units');
      const ids = Int32Array.from([...'Line 12 of'].map((c) => c.charCodeAt(0)));
      const run = (change: ((value: tf.Tensor) => tf.Tensor) | null): Float32Array => {
        const { logits } = model.run(ids, 1, ids.length, change === null ? {} : { edits: [{ hook: unitsHook, kind: 'map', map: change }] });
        const loss = tf.tidy(() => tf.logSoftmax(logits!)).dataSync<'float32'>();
        logits!.dispose();
        const vocab = model.config.vocab;
        return Float32Array.from({ length: ids.length - 1 }, (_, i) => -loss[i * vocab + ids[i + 1]!]!);
      };
      const { cache } = model.run(ids, 1, ids.length, { names: [unitsHook], logits: false });
      const values = cache.get(unitsHook)!.dataSync<'float32'>();
      tf.dispose([...cache.values()]);
      // Of the last token: kept whatever the kind.
      const last = values.subarray((ids.length - 2) * dictionary.dSae, (ids.length - 1) * dictionary.dSae);
      const unit = [...last.keys()].sort((a, b) => Math.abs(last[b]!) - Math.abs(last[a]!))[0]!;
      const codes = dictionary.encode(values, ids.length);
      const counts = Array.from({ length: ids.length }, (_, row) => row > 0 && codes.indices.some((one, slot) => one === unit && Math.floor(slot / codes.width) === row && codes.values[slot] !== 0));
      const keepMask = Float32Array.from({ length: values.length }, (_, i) => (i % dictionary.dSae === unit && counts[Math.floor(i / dictionary.dSae)] ? 0 : 1));
      const without = run((value) => tf.mul(value, tf.tensor(keepMask, value.shape)));
      const clean = run(null);
      const ablated = ablateLatent(model, place, unit, { tokens: vector(ids), documents: null });
      // Position 0 does not count: what is predicted behind it is not told.
      for (let i = 2; i < ids.length; i++) assert.ok(Math.abs(ablated.change.data[i]! - (without[i - 1]! - clean[i - 1]!)) < 2e-4, `${i}: ${ablated.change.data[i]} and ${without[i - 1]! - clean[i - 1]!}`);
      const steered = new SteeredPrompt(model, place, ids, { feature: unit, unit: 'max', maximum: 0.5, from: 'start' });
      try {
        const add = Float32Array.from({ length: values.length }, (_, i) => (i % dictionary.dSae === unit && i >= dictionary.dSae ? 1 : 0));
        const raised = run((value) => tf.add(value, tf.tensor(add, value.shape)));
        const kl = steered.kl(2);
        assert.ok(kl.some((value) => value > 0) === raised.some((value, i) => Math.abs(value - clean[i]!) > 1e-6));
      } finally {
        steered.dispose();
      }
    });
  });
}
