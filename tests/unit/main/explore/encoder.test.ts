import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { installedEncoder, sentenceEncoderComponent } from '../../../../src/engine/lm/encoders/find.ts';
import { chosenEncoder, installEncoder, requireEncoder } from '../../../../src/main/explore/encoder.ts';
import { changeSettings } from '../../../../src/main/workspace/settings.ts';
import { temporaryFolder } from '../../../support/temporary.ts';

test('the folder that the workspace names comes before the component, and nothing is null', (t) => {
  const [workspace, cache] = [temporaryFolder(t), temporaryFolder(t)];
  assert.equal(chosenEncoder(workspace, cache), null);
  const { folder } = sentenceEncoderComponent(cache);
  mkdirSync(folder, { recursive: true });
  writeFileSync(`${folder}/config.json`, '{}');
  assert.deepEqual(chosenEncoder(workspace, cache), { folder, origin: 'component' });
  changeSettings(workspace, { encoder: '/my/encoder' });
  assert.deepEqual(chosenEncoder(workspace, cache), { folder: '/my/encoder', origin: 'workspace' });
  assert.equal(requireEncoder(workspace), '/my/encoder');
  assert.equal(requireEncoder(workspace, '/given'), '/given');
});

test('without an encoder the message says how to get one', { skip: installedEncoder() === null ? false : 'the sentence encoder is installed here' }, (t) => {
  assert.throws(() => requireEncoder(temporaryFolder(t)), { kind: 'missing-component', message: /install all-MiniLM-L6-v2 \(84 MB\)/ });
});

const script = (code: string) => ({ program: process.execPath, args: ['-e', code], env: process.env });
const never = new AbortController().signal;

test('the installer gives the folder that it printed, and what it says goes to the log', async () => {
  const lines: string[] = [];
  assert.equal(await installEncoder(never, (line) => lines.push(line), script("console.error('Fetching ...'); console.log('/cache/encoder')")), '/cache/encoder');
  assert.deepEqual(lines, ['Fetching ...']);
});

test('an installer that fails says why; one that is stopped is cancelled', async () => {
  await assert.rejects(installEncoder(never, () => {}, script("console.error('components: sentence-encoder: there is no python3; install it'); process.exit(3)")),
    { kind: 'missing-component', message: /could not be installed: sentence-encoder: there is no python3; install it\. Without a network, name a folder/ });
  const stop = new AbortController();
  const running = installEncoder(stop.signal, () => stop.abort(), script("console.error('x'); setInterval(() => {}, 1000)"));
  await assert.rejects(running, { kind: 'cancelled' });
});
