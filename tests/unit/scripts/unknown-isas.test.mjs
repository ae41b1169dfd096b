import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { unknownIsas } from '../../../scripts/setup/native-build.mjs';

const skip = process.platform !== 'linux' || process.arch !== 'x64' ? 'x64 Linux' : false;

test('instruction sets whose flags a compiler refuses are compiled without them', { skip }, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'loupe-isa-'));
  try {
    // a compiler that does not know AMX
    const compiler = join(folder, 'cc');
    writeFileSync(compiler, '#!/bin/sh\ncase "$*" in *-mamx-tile*) exit 1;; esac\n');
    chmodSync(compiler, 0o755);
    assert.deepEqual(await unknownIsas(compiler), ['amx']);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
