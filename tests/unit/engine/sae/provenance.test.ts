import assert from 'node:assert/strict';
import { join } from 'node:path';
import { writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { readProvenance, writeProvenance } from '../../../../src/engine/sae/provenance.ts';
import { provenance } from '../../../support/provenance.ts';
import { temporaryFolder } from '../../../support/temporary.ts';

test('loupe.json comes back as it was; one that is absent is null; a broken one names its field', (t) => {
  const folder = temporaryFolder(t);
  assert.equal(readProvenance(folder), null);
  const written = provenance({ config: { k: 3 }, model: { name: 'm', family: 'llama', dModel: 8, layers: 2, hash: 'h', tokenizerHash: 't' } });
  writeProvenance(folder, written);
  assert.deepEqual(readProvenance(folder), written);
  writeFileSync(join(folder, 'loupe.json'), JSON.stringify({ ...written, hookPoint: 5 }));
  assert.throws(() => readProvenance(folder), { kind: 'bad-file', message: /hookPoint/ });
});
