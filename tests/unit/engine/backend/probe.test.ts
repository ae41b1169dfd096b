import assert from 'node:assert/strict';
import { execPath } from 'node:process';
import { describe, it } from 'node:test';
import { findAddon, judge, probeBackend } from '../../../../src/engine/backend/probe.ts';

describe('the probe of a backend', () => {
  const found = { version: '2.21.0', gpu: false, ops: ['LoupeX'], instructionSets: ['avx2'] };
  const child = (stdout: string, status: number | null = 0, signal: string | null = null, stderr = '') => ({ status, signal, stdout, stderr });

  it('succeeds on the last line of output, whatever libraries printed before', () => {
    const verdict = judge('tensorflow', child(`chatter\n\n${JSON.stringify({ ok: true, ...found })}\n`));
    assert.deepEqual(verdict, { backend: 'tensorflow', ok: true, reason: 'version 2.21.0', found });
  });

  it('names the signal that ended a crashed library, and a cure', () => {
    const verdict = judge('tensorflow', child('', null, 'SIGSEGV'));
    assert.equal(verdict.ok, false);
    assert.equal(verdict.reason, 'its process was ended by SIGSEGV');
    assert.equal(verdict.cure, 'run: npm run setup -- --rebuild');
  });

  it('gives the error it reported, else the first line of its errors, else its status', () => {
    assert.equal(judge('wasm', child('{"ok":false,"reason":"wrong matrix product: 1"}', 1)).reason, 'wrong matrix product: 1');
    assert.equal(judge('wasm', child('', 1, null, 'node: cannot open library\nmore')).reason, 'node: cannot open library');
    assert.equal(judge('wasm', child('', 7)).reason, 'its process ended with status 7');
    assert.equal(judge('wasm', child('{"ok":true', 0)).ok, false, 'a reply that is cut short is no success');
  });

  it('refuses tensorflow without a process where set-up left no addon, in the words of set-up', async () => {
    const installed = { missing: [{ part: 'native', reason: 'there is no C++ compiler', cure: 'install g++' }] };
    if (findAddon(installed) !== undefined) return; // tfjs-node-gpu's own prebuilt is installed here
    let started = false;
    const run = async () => ((started = true), child(''));
    const verdict = await probeBackend('tensorflow', installed, { run });
    assert.deepEqual(verdict, { backend: 'tensorflow', ok: false, reason: 'there is no C++ compiler', cure: 'install g++' });
    assert.equal(started, false);
  });

  it('refuses an addon that is not there, by its path', async () => {
    const verdict = await probeBackend('tensorflow', { addon: '/nowhere/x.node', missing: [] }, { run: async () => child('') });
    assert.match(verdict.reason, /\/nowhere\/x\.node does not exist/);
  });

  it('finds that a file which is no library does not load, in a process of its own', async () => {
    const verdict = await probeBackend('tensorflow', { addon: execPath, missing: [] });
    assert.equal(verdict.ok, false);
    assert.ok(verdict.reason.length > 0);
  });

  it('runs the cpu backend in a real child process and checks a product', async () => {
    const verdict = await probeBackend('cpu', { missing: [] }, { fresh: true });
    assert.equal(verdict.ok, true, verdict.reason);
    assert.equal(verdict.found?.gpu, false);
  });
});
