/** A doctor's report of a machine that lacks a few things. */
import type { DoctorReport } from '../../src/main/doctor/report.ts';

export function reportFixture(): DoctorReport {
  return {
    version: '0.1.0',
    node: { version: 'v24.21.0', path: '/home/ada/secret-project/node' },
    machine: {
      platform: 'linux', arch: 'x64', release: '6.1', cpu: 'EPYC', threads: 2,
      memoryBytes: 25e9, freeMemoryBytes: 21e9, nvidiaDriver: null,
    },
    backend: 'wasm',
    backends: [
      { backend: 'tensorflow', ok: false, reason: 'the addon /home/ada/.cache/a.node does not load', cure: 'run: npm run setup' },
      { backend: 'wasm', ok: true, reason: 'version 4.22.0' },
      { backend: 'cpu', ok: true, reason: 'version 4.22.0' },
    ],
    native: { ops: [], instructionSets: [], addon: '/home/ada/.cache/a.node' },
    tools: { python: { path: '/usr/bin/python3', version: 'Python 3.11.7' }, compiler: { path: null }, npm: { path: '/usr/bin/npm', version: '11' } },
    electron: { path: null },
    sampleModel: { path: '/home/ada/.cache/m.gguf', bytes: 98362432 },
    cache: { path: '/home/ada/.cache/loupe', exists: true, writable: true, freeBytes: 80e9, bytes: 1.9e9 },
    workspace: { path: '/home/ada/secret-project', exists: false, writable: true, freeBytes: null },
    missing: [{ part: 'native', reason: 'there is no C++ compiler', cure: 'install g++' }],
    settings: { LOUPE_THREADS: '4', LOUPE_WORKSPACE: '/home/ada/secret-project' },
  };
}
