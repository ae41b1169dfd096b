import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import { codingRates } from '../../../../../../src/engine/lm/layers/crate/measures.ts';
import { codingStudy } from '../../../../../../src/engine/lm/layers/crate/study.ts';
import { Random } from '../../../../../../src/engine/random.ts';
import { eachBackend } from '../../../../../support/backends.ts';
import { assertClose } from '../../../../../support/closeness.ts';

test('rates over batches of unequal size are the mean over contexts', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    const random = Random.from(1);
    const bases = tf.tensor2d(random.normals(64), [8, 8]);
    const weights = { 'attn.subspaces.weight': bases };
    const study = codingStudy(2);
    assert.throws(() => study.figures(), { kind: 'bad-request' });
    const x = tf.tensor2d(random.normals(3 * 5 * 8), [15, 8]);
    for (const [first, batch] of [[0, 1], [1, 2]] as const) {
      const part = tf.slice(x, [first * 5, 0], [batch * 5, 8]);
      for (const hook of study.hooks) study.see(hook, hook === 'hook_resid_post' ? tf.neg(part) : part, weights, { batch, length: 5 });
    }
    const { coding } = study.figures();
    const whole = codingRates(x, bases, { batch: 3, length: 5, heads: 2 });
    assertClose([coding!.mid.rc, coding!.mid.r, coding!.post.rc, coding!.pre.r], [whole.rc, whole.r, whole.rc, whole.r], 1e-4);
    assert.equal(coding!.length, 5);
  }));
});
