import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import { loadBackend } from '../../../../src/engine/backend/load.ts';
import type { LanguageModel } from '../../../../src/engine/lm/definition.ts';
import { loadModel } from '../../../../src/engine/lm/load.ts';
import { fixtureFolder, fixtureModels, largestDifference, readReference, referenceShape, type Reference } from '../../../support/lm-fixtures.ts';

const { batch, length } = referenceShape;

before(async () => {
  await loadBackend();
});

for (const name of fixtureModels) {
  describe(`${name} beside its references`, () => {
    let model: LanguageModel;
    let reference: Reference;
    before(async () => {
      model = await loadModel(fixtureFolder(name));
      reference = readReference(fixtureFolder(name));
    });
    after(() => {
      model.dispose();
      reference.file.close();
    });

    test('logits equal those of transformers within 1e-4', () => {
      const { logits, cache } = model.run(reference.tokens, batch, length);
      assert.deepEqual(logits!.shape, [batch, length, 67]);
      assert.ok(largestDifference(logits!.dataSync(), reference.logits) <= 1e-4);
      assert.equal(cache.size, 0);
      logits!.dispose();
    });

    test('every hook that TransformerLens has equals its value and shape', () => {
      const names = reference.hooks;
      if (name !== 'llama-linear-wide-heads') assert.deepEqual([...names].sort(), [...model.hookNames].sort());
      const { cache, logits } = model.run(reference.tokens, batch, length, { names });
      for (const hook of names) {
        assert.deepEqual(cache.get(hook)!.shape, reference.file.entries.get(hook)!.shape, hook);
        const difference = largestDifference(cache.get(hook)!.dataSync(), reference.file.readFloat32(hook));
        assert.ok(difference <= 1e-4, `${hook} differs by ${difference}`);
      }
      tf.dispose([logits!, ...cache.values()]);
    });

    test('stock ops and the fused path give the same logits, and no tensor is left behind', () => {
      const before = tf.memory().numTensors;
      const fused = model.run(reference.tokens, batch, length);
      const stock = model.run(reference.tokens, batch, length, { names: model.hookNames });
      assert.ok(largestDifference(fused.logits!.dataSync(), stock.logits!.dataSync()) <= 2e-5);
      tf.dispose([fused.logits!, stock.logits!, ...stock.cache.values()]);
      assert.equal(tf.memory().numTensors, before);
    });
  });
}

describe('a loaded model', () => {
  let model: LanguageModel;
  const tokens = Int32Array.of(5, 6, 7, 8, 9, 10);
  before(async () => {
    model = await loadModel(fixtureFolder('llama-gqa-untied'));
  });
  after(() => model.dispose());

  const values = (options: Parameters<LanguageModel['run']>[3]): Float32Array => {
    const { logits, cache } = model.run(tokens, 1, 6, options);
    const out = (logits ?? [...cache.values()][0]!).dataSync<'float32'>().slice();
    tf.dispose([...cache.values(), ...(logits === null ? [] : [logits])]);
    return out;
  };

  test('stops at a layer: the value of the next block\'s resid_pre, and no logits', () => {
    const { logits, cache } = model.run(tokens, 1, 6, { stopAtLayer: 1, names: ['blocks.0.hook_resid_post'] });
    assert.equal(logits, null);
    const post = cache.get('blocks.0.hook_resid_post')!;
    assert.deepEqual(values({ names: ['blocks.1.hook_resid_pre'], logits: false }), post.dataSync());
    post.dispose();
    assert.throws(() => model.run(tokens, 1, 6, { stopAtLayer: 1, names: ['blocks.1.hook_resid_post'] }), { kind: 'bad-request', message: /stopAtLayer 1/u });
  });

  test('a pass that starts at a block with its residual stream ends in the same logits, and refuses what lies before', () => {
    const { cache, logits } = model.run(tokens, 1, 6, { names: ['blocks.1.hook_resid_pre', 'blocks.1.hook_resid_post'] });
    const starts = [[1, 'blocks.1.hook_resid_pre'], [2, 'blocks.1.hook_resid_post']] as const;
    for (const [layer, hook] of starts) {
      for (const differentiable of [false, true]) {
        assert.ok(largestDifference(values({ start: { layer, residual: cache.get(hook)! }, differentiable }), logits!.dataSync()) <= 2e-5);
      }
    }
    const residual = cache.get('blocks.1.hook_resid_pre')!;
    assert.throws(() => model.run(tokens, 1, 6, { start: { layer: 1, residual }, names: ['blocks.0.hook_mlp_out'] }), { kind: 'bad-request', message: /before the start at block 1/u });
    assert.throws(() => model.run(tokens, 1, 6, { start: { layer: 3, residual } }), { kind: 'bad-request', message: /start.layer is 3/u });
    assert.throws(() => model.run(tokens.slice(1), 1, 5, { start: { layer: 1, residual } }), { kind: 'bad-request', message: /\[1, 6, 24\] and should have \[1, 5, 24\]/u });
    assert.equal(residual.isDisposed, false, 'the residual stays the caller\'s');
    tf.dispose([logits!, ...cache.values()]);
  });

  test('does not compute what lies behind the last hook that is wanted', () => {
    let reached = 0;
    const edits = [{ hook: 'blocks.1.hook_resid_pre', kind: 'map', map: (x: tf.Tensor) => (reached++, x) }] as const;
    values({ names: ['blocks.0.hook_resid_mid'], logits: false, edits });
    assert.equal(reached, 0);
    values({ names: ['blocks.1.hook_resid_mid'], logits: false, edits });
    assert.equal(reached, 1);
  });

  test('replacing a residual stream by itself changes nothing, and by zeros everything after it', () => {
    const own = model.run(tokens, 1, 6, { names: ['blocks.1.hook_resid_pre'], logits: false }).cache.get('blocks.1.hook_resid_pre')!;
    const plain = values({});
    assert.ok(largestDifference(values({ edits: [{ hook: 'blocks.1.hook_resid_pre', kind: 'replace', value: own }] }), plain) <= 1e-6);
    const zeros = tf.zeros([1, 6, 24]);
    assert.ok(largestDifference(values({ edits: [{ hook: 'blocks.1.hook_resid_pre', kind: 'replace', value: zeros }] }), plain) > 1e-2);
    tf.dispose([own, zeros]);
  });

  test('adding at a hook equals mapping with an addition; the cache shows the value after the edit', () => {
    const delta = tf.fill([24], 0.5);
    const hook = 'blocks.0.hook_mlp_out';
    const added = values({ edits: [{ hook, kind: 'add', value: delta }] });
    assert.deepEqual(values({ edits: [{ hook, kind: 'map', map: (x) => tf.add(x, 0.5) }] }), added);
    const [before, afterwards] = [values({ names: [hook], logits: false }), values({ names: [hook], logits: false, edits: [{ hook, kind: 'add', value: delta }] })];
    assert.ok(Math.abs(afterwards[0]! - before[0]! - 0.5) < 1e-6);
    delta.dispose();
  });

  test('edits inside attention take the stock path: a pattern of zeros silences attention', () => {
    const zeros = tf.zeros([1, 6, 6, 6]);
    const out = values({ names: ['blocks.0.hook_attn_out'], logits: false, edits: [{ hook: 'blocks.0.attn.hook_pattern', kind: 'replace', value: zeros }] });
    assert.ok(out.every((x) => x === 0));
    zeros.dispose();
  });

  test('documents keep attention inside: each reads as it does alone', () => {
    const hook = 'blocks.0.hook_attn_out';
    // Rotary positions are relative, so the second document alone gives what it gives behind the first.
    const packed = values({ names: [hook], logits: false, documents: Int32Array.of(1, 1, 1, 2, 2, 2) });
    const { cache } = model.run(tokens.slice(3), 1, 3, { names: [hook], logits: false });
    assert.ok(largestDifference(packed.slice(3 * 24), cache.get(hook)!.dataSync()) <= 1e-5);
    assert.ok(largestDifference(packed, values({ names: [hook], logits: false })) > 1e-3);
    tf.dispose([...cache.values()]);
  });

  test('documents are kept apart on the stock path too', () => {
    const { cache } = model.run(tokens, 1, 6, { names: ['blocks.0.attn.hook_pattern'], logits: false, documents: Int32Array.of(1, 1, 1, 2, 2, 2) });
    const pattern = cache.get('blocks.0.attn.hook_pattern')!.dataSync();
    // Row 3 of head 0 (the second document's first token) looks at itself alone.
    assert.deepEqual([...pattern.slice(3 * 6, 4 * 6)].map((p) => Math.round(p * 1e6) / 1e6), [0, 0, 0, 1, 0, 0]);
    tf.dispose([...cache.values()]);
  });

  test('an unknown hook is refused with the nearest name, wherever it is named', () => {
    const wrong = { kind: 'not-found', message: /nearest is blocks\.1\.hook_resid_post/u };
    assert.throws(() => model.run(tokens, 1, 6, { names: ['blocks.1.hook_resid_pots'] }), wrong);
    assert.throws(() => model.hookWidth('blocks.1.hook_resid_pots'), wrong);
    assert.throws(() => model.run(tokens, 1, 6, { edits: [{ hook: 'blocks.1.hook_resid_pots', kind: 'map', map: (x) => x }] }), wrong);
  });

  test('hook widths are numbers a token', () => {
    assert.equal(model.hookWidth('blocks.0.hook_resid_post'), 24);
    assert.equal(model.hookWidth('blocks.0.attn.hook_q'), 24); // 6 heads of 4
    assert.equal(model.hookWidth('blocks.0.attn.hook_k'), 8); // 2 key heads of 4
    assert.equal(model.hookWidth('blocks.0.mlp.hook_post'), 40);
    assert.throws(() => model.hookWidth('blocks.0.attn.hook_pattern'), { kind: 'unsupported' });
  });

  test('bad tokens, lengths and edits are refused by kind', () => {
    assert.throws(() => model.run(Int32Array.of(67), 1, 1), { kind: 'bad-request', message: /token 0 is 67/u });
    assert.throws(() => model.run(tokens, 2, 6), { kind: 'bad-request' });
    assert.throws(() => model.run(new Int32Array(65), 1, 65), { kind: 'bad-request', message: /context/u });
    assert.throws(() => model.run(tokens, 1, 6, { stopAtLayer: 3 }), { kind: 'bad-request' });
    assert.throws(() => model.run(tokens, 1, 6, { documents: new Int32Array(5) }), { kind: 'bad-request' });
    const wide = tf.zeros([25]);
    assert.throws(() => model.run(tokens, 1, 6, { edits: [{ hook: 'blocks.0.hook_resid_pre', kind: 'add', value: wide }] }), { kind: 'mismatch' });
    wide.dispose();
  });

  test('the unembedding stands input first, and a disposed model says so', async () => {
    const other = await loadModel(fixtureFolder('llama-tied-llama3'));
    assert.deepEqual(other.unembedding.shape, [24, 67]);
    assert.equal(other.unembedding, other.unembedding);
    assert.deepEqual(other.finalNormWeight!.shape, [24]);
    other.dispose();
    other.dispose();
    assert.throws(() => other.run(tokens, 1, 6), { kind: 'disposed' });
  });
});
