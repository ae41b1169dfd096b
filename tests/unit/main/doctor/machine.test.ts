import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { findProgram, folderBytes, freeDiskBytes, inspectMachine, isWritable } from '../../../../src/main/doctor/machine.ts';

describe('the facts of a machine', () => {
  let folder: string;
  before(() => (folder = mkdtempSync(join(tmpdir(), 'loupe-machine-'))));
  after(() => rmSync(folder, { recursive: true, force: true }));

  it('are numbers that make sense', () => {
    const machine = inspectMachine();
    assert.ok(machine.threads >= 1);
    assert.ok(machine.freeMemoryBytes > 0 && machine.freeMemoryBytes <= machine.memoryBytes);
  });

  it('count the bytes below a folder without following links', () => {
    mkdirSync(join(folder, 'size', 'sub'), { recursive: true });
    writeFileSync(join(folder, 'size', 'a'), 'abc');
    writeFileSync(join(folder, 'size', 'sub', 'b'), 'de');
    symlinkSync('/', join(folder, 'size', 'link'));
    assert.equal(folderBytes(join(folder, 'size')), 5);
    assert.equal(folderBytes(join(folder, 'none')), 0);
  });

  it('find the first program by name, in the order of PATH, that may be executed', () => {
    for (const name of ['one', 'two']) mkdirSync(join(folder, name));
    writeFileSync(join(folder, 'one', 'tool'), '');
    writeFileSync(join(folder, 'two', 'tool'), '');
    chmodSync(join(folder, 'two', 'tool'), 0o755);
    const env = { PATH: [join(folder, 'one'), join(folder, 'two')].join(delimiter) };
    assert.equal(findProgram(['other', 'tool'], env), join(folder, 'two', 'tool'));
    assert.equal(findProgram(['other'], env), null);
    assert.equal(findProgram(['tool'], {}), null);
  });

  it('tell of a folder that is not there yet by the nearest that is', () => {
    const deep = join(folder, 'x', 'y', 'z');
    assert.equal(isWritable(deep), true);
    assert.ok((freeDiskBytes(deep) ?? 0) > 0);
  });
});
