import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { formatBytes, renderDoctor } from '../../../../src/main/doctor/render.ts';
import { reportFixture } from '../../../support/doctor-report.ts';

describe("the doctor's text", () => {
  const text = renderDoctor(reportFixture());

  it('says which backend is used, which would work, and which was refused, why, and what would help', () => {
    assert.match(text, /tensorflow +refused: the addon .* does not load\n +what would help: run: npm run setup/);
    assert.match(text, /wasm +used: version 4\.22\.0/);
    assert.match(text, /cpu +works: version 4\.22\.0/);
  });

  it('says what a missing tool costs', () => {
    assert.match(text, /C\+\+ compiler +not found: the native addon cannot be built/);
    assert.match(text, /Electron +not found: the studio opens in the browser/);
    assert.match(text, /native +there is no C\+\+ compiler\n +what would help: install g\+\+/);
  });

  it('says of folders whether they are there and how much is free, where that is known', () => {
    assert.match(text, /cache .*\(80\.0 GB free\), 1\.9 GB used/);
    assert.match(text, /workspace .*\(not there yet\)/);
  });

  it('writes sizes for people', () => {
    assert.deepEqual([1500, 2.5e6, 1.94e9].map(formatBytes), ['2 kB', '3 MB', '1.9 GB']);
  });
});
