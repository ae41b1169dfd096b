import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { loadBackend } from '../../../../../src/engine/backend/load.ts';
import type { LanguageModel } from '../../../../../src/engine/lm/definition.ts';
import { loadModel } from '../../../../../src/engine/lm/load.ts';
import { mistral } from '../../../../../src/engine/lm/models/mistral.ts';
import { assertSameModel } from '../../../../support/gguf-models.ts';
import { fixtureFolder, largestDifference } from '../../../../support/lm-fixtures.ts';

let model: LanguageModel;
before(async () => {
  await loadBackend();
  model = await loadModel(fixtureFolder('mistral'));
});
after(() => model.dispose());
const plain = {
  model_type: 'mistral', num_hidden_layers: 2, hidden_size: 24, num_attention_heads: 6, num_key_value_heads: 2, intermediate_size: 40, max_position_embeddings: 64, vocab_size: 67,
};

test('every block has the window that is set; null is none, and the first model\'s unsaid one is 4096', () => {
  assert.deepEqual(mistral.readHuggingFace({ ...plain, sliding_window: 8 }, 'm').windows, [8, 8]);
  assert.deepEqual(mistral.readHuggingFace({ ...plain, sliding_window: null }, 'm').windows, [null, null]);
  assert.deepEqual(mistral.readHuggingFace(plain, 'm').windows, [4096, 4096]);
});

test('blocks that alternate are another family: refused', () => {
  const layer_types = ['sliding_attention', 'full_attention'];
  assert.throws(() => mistral.readHuggingFace({ ...plain, sliding_window: 8, layer_types }, 'm'), { kind: 'unsupported', message: /layer_types/u });
  assert.throws(() => mistral.readHuggingFace({ ...plain, sliding_window: 8, layer_types: ['full_attention', 'full_attention'] }, 'm'), { kind: 'unsupported' });
  assert.deepEqual(mistral.readHuggingFace({ ...plain, sliding_window: 8, layer_types: ['sliding_attention', 'sliding_attention'] }, 'm').windows, [8, 8]);
});

test('two blocks with a window of 4 reach back 6 tokens and no further, in a whole pass and read token by token', () => {
  const [length, vocab] = [12, 67];
  const text = (first: number): Int32Array => Int32Array.from({ length }, (_, i) => (i === 0 ? first : (i * 11) % vocab));
  const whole = (tokens: Int32Array): Float32Array => {
    const { logits } = model.run(tokens, 1, length);
    const values = logits!.dataSync<'float32'>();
    logits!.dispose();
    return values;
  };
  const [a, b] = [whole(text(3)), whole(text(40))];
  const differs = Array.from({ length }, (_, t) => largestDifference(a.subarray(t * vocab, (t + 1) * vocab), b.subarray(t * vocab, (t + 1) * vocab)) > 1e-4);
  assert.deepEqual(differs, Array.from({ length }, (_, t) => t <= 6));
  const stepwise = [3, 40].map((first) => {
    const reading = model.continuation();
    const rows = [...text(first)].map((id) => reading.append(Int32Array.of(id)));
    reading.dispose();
    return rows;
  });
  assert.deepEqual(stepwise[0]!.map((row, t) => largestDifference(row, stepwise[1]![t]!) > 1e-4), differs);
});

test('llama.cpp\'s converter writes it as llama, without its window', () => assertSameModel('mistral', 'llama', { windows: [null, null] }));
