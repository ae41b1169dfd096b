import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { withOptionalOutput, withOutput } from '../../../../src/main/jobs/outputs.ts';
import type { LoupeError } from '../../../../src/shared/errors.ts';

test('an output is a name in the workspace, a whole path, or made out of the config', (t) => {
  const ws = mkdtempSync(join(tmpdir(), 'loupe-out-'));
  t.after(() => rmSync(ws, { recursive: true, force: true }));
  const out = (kind: Parameters<typeof withOutput>[1], config: Record<string, unknown>): unknown => withOutput(ws, kind, config)['out'];
  assert.equal(out('harvest', { out: 'mine' }), join(ws, 'activations', 'mine'));
  assert.equal(out('harvest', { out: '/data/mine' }), '/data/mine');
  assert.equal(out('catalog-build', { out: 'mine' }), join(ws, 'catalogs', 'mine.loupe'));
  assert.equal(out('catalog-build', { out: 'mine.loupe' }), join(ws, 'catalogs', 'mine.loupe'));
  const named = join(ws, 'activations', 'SmolLM2.Q4_1_blocks.9.hook_resid_post_wordnet');
  const config = { model: '/m/SmolLM2.Q4_1.gguf', hooks: ['blocks.9.hook_resid_post'], corpus: 'wordnet' };
  assert.equal(out('harvest', config), named);
  mkdirSync(named, { recursive: true });
  assert.equal(out('harvest', { ...config, out: '' }), `${named}-2`);
  assert.equal(out('catalog-build', { dictionary: `/d/${'long '.repeat(50)}` }), join(ws, 'catalogs', `${'long-'.repeat(20).slice(0, -1)}.loupe`));
  for (const bad of ['../x', 'a/b', '..', '.hidden']) assert.throws(() => out('train', { out: bad }), (e: LoupeError) => e.kind === 'bad-config', bad);
});

test('in a form the output may be left empty', () => {
  const schema = { type: 'object', required: ['model', 'out'], properties: { model: {}, out: { type: 'string', minLength: 1, description: 'Folder' } } };
  const form = withOptionalOutput(schema) as typeof schema;
  assert.deepEqual(form.required, ['model']);
  assert.equal((form.properties.out as Record<string, unknown>)['default'], '');
  assert.equal((form.properties.out as Record<string, unknown>)['minLength'], undefined);
  assert.deepEqual(withOptionalOutput({ type: 'object' }), { type: 'object' });
});
