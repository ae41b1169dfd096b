import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { unitsFolder, withUnitsFolder } from '../../../../src/main/catalog/units-folder.ts';
import { temporaryFolder } from '../../../support/temporary.ts';

test('the folder is named after model, block and number of units kept, among the dictionaries', () => {
  assert.equal(unitsFolder('/w', '/m/my model.gguf', 'blocks.2.mlp.hook_post', null), join('/w', 'dictionaries', 'my-model-blocks.2-units'));
  assert.equal(unitsFolder('/w', '/m/lm', 'blocks.2.mlp.hook_post', 32), join('/w', 'dictionaries', 'lm-blocks.2-32-units'));
});

test('a build of units without a folder gets one, and the only hook of its store that holds units', (t) => {
  const store = temporaryFolder(t);
  const hooks = (...names: string[]): void => writeFileSync(join(store, 'manifest.json'), JSON.stringify({ hooks: names.map((name) => ({ name, d: 4 })) }));
  hooks('blocks.0.hook_resid_post', 'blocks.3.mlp.hook_post');
  const config = { features: 'units', model: '/m/lm', store };
  assert.deepEqual(withUnitsFolder('/w', config), { ...config, hook: 'blocks.3.mlp.hook_post', dictionary: join('/w', 'dictionaries', 'lm-blocks.3-units') });
  hooks('blocks.1.mlp.hook_post', 'blocks.3.mlp.hook_post');
  assert.equal(withUnitsFolder('/w', config)['hook'], '');
  assert.equal(withUnitsFolder('/w', { ...config, hook: 'blocks.1.mlp.hook_post' })['dictionary'], join('/w', 'dictionaries', 'lm-blocks.1-units'));
});

test('anything else stays as it is', () => {
  for (const config of [{ dictionary: 'd', model: 'm' }, { features: 'units', dictionary: 'd', model: 'm' }, { features: 'units' }]) assert.deepEqual(withUnitsFolder('/w', config), config);
});
