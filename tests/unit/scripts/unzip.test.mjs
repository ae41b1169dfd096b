import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { extractZip, listZip, safeTarget } from '../../../scripts/setup/unzip.mjs';
import { findPython } from '../../../scripts/setup/tools.mjs';
import { zipBytes } from '../../support/zip-file.mjs';

describe('unzip', () => {
  let folder;
  before(() => (folder = mkdtempSync(join(tmpdir(), 'loupe-unzip-'))));
  after(() => rmSync(folder, { recursive: true, force: true }));

  const archive = (entries, name = 'a.zip') => {
    const path = join(folder, name);
    writeFileSync(path, zipBytes(entries));
    return path;
  };
  const text = Buffer.from('features '.repeat(1000));

  it('extracts stored, deflated and empty entries under the names it is given', async () => {
    const path = archive([
      { name: 'lib/a.txt', data: text },
      { name: 'lib/b.txt', data: text, method: 'stored' },
      { name: 'lib/empty', data: Buffer.alloc(0), method: 'stored' },
      { name: 'other/c.txt', data: text },
    ]);
    const out = join(folder, 'out');
    const written = await extractZip(path, out, (name) => (name.startsWith('lib/') ? name.slice(4) : undefined));
    assert.equal(written.length, 3);
    assert.deepEqual(readFileSync(join(out, 'a.txt')), text);
    assert.deepEqual(readFileSync(join(out, 'b.txt')), text);
    assert.equal(readFileSync(join(out, 'empty')).length, 0);
    assert.equal(existsSync(join(out, 'c.txt')), false);
  });

  it('reads what another program wrote', { skip: findPython() === undefined && 'no python3' }, async () => {
    const path = join(folder, 'python.zip');
    const program = `import zipfile,sys
z=zipfile.ZipFile(sys.argv[1],'w',zipfile.ZIP_DEFLATED)
with z.open('big.txt','w',force_zip64=True) as f: f.write(b'latent ' * 5000)
z.close()`;
    execFileSync(findPython(), ['-c', program, path]);
    const out = join(folder, 'out-python');
    await extractZip(path, out, (name) => name);
    assert.equal(readFileSync(join(out, 'big.txt'), 'utf8'), 'latent '.repeat(5000));
  });

  it('refuses names that climb out of the target folder', async () => {
    for (const name of ['../x', 'a/../../x', '/etc/x', 'c:\\x', 'a\\..\\x', 'a//x']) {
      assert.throws(() => safeTarget(folder, name), /unsafe name/, name);
      await assert.rejects(extractZip(archive([{ name, data: text }]), join(folder, 'out-bad'), (n) => n), /unsafe name/);
    }
  });

  it('refuses an entry longer or shorter than it claims, and one with another checksum', async () => {
    const out = join(folder, 'out-lies');
    const extract = (claims) => extractZip(archive([{ name: 'x', data: text, claims }]), out, (name) => name);
    await assert.rejects(extract({ size: 10 }), /longer than the 10 bytes/);
    await assert.rejects(extract({ size: text.length + 1 }), /has 9000 bytes, not 9001/);
    await assert.rejects(extract({ crc: 1 }), /corrupt \(CRC-32\)/);
  });

  it('refuses offsets and sizes outside the file before it allocates', async () => {
    const out = join(folder, 'out-offsets');
    const extract = (claims) => extractZip(archive([{ name: 'x', data: text, claims }]), out, (name) => name);
    await assert.rejects(extract({ offset: 0xfffffff0 }), /outside its|outside the file/);
    await assert.rejects(extract({ compressedSize: 0xfffffff0 }), /outside the file/);
    const whole = zipBytes([{ name: 'x', data: text }]);
    whole.writeUInt32LE(0xfffffff0, whole.length - 10); // size of the directory
    const path = join(folder, 'lie.zip');
    writeFileSync(path, whole);
    await assert.rejects(listZip(path), /outside its/);
  });

  it('refuses every truncation', async () => {
    const whole = zipBytes([{ name: 'x', data: Buffer.from('abc') }]);
    const path = join(folder, 'cut.zip');
    for (let length = 0; length < whole.length; length += 1) {
      writeFileSync(path, whole.subarray(0, length));
      await assert.rejects(listZip(path), `at ${length} bytes`);
    }
  });
});
