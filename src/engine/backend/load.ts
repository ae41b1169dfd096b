/**
 * Loads the tensor backend. Everything else uses `@tensorflow/tfjs-core` and does not know which one it is.
 */
import { createRequire } from 'node:module';
import * as tf from '@tensorflow/tfjs-core';
import { LoupeError } from '../../shared/errors.ts';
import { readInstalled } from './installed.ts';
import { registerNativeBackend, threadCount } from './native-binding.ts';
import { findAddon, probeBackend } from './probe.ts';
import { candidates, selectBackend } from './select.ts';
import type { BackendChoice, BackendName } from './select.ts';

export type { BackendChoice, BackendName, BackendProbe } from './select.ts';

let loaded: Promise<BackendChoice> | undefined;

/**
 * Chooses, loads and activates a backend: tensorflow, else wasm, else cpu; the first that works in a child process.
 * A second call returns the first one's choice.
 *
 * @param preference only this backend; `LOUPE_BACKEND` otherwise
 * @throws LoupeError `missing-component` where none (or not the one asked for) works, with every reason;
 *   `conflict` where another backend is loaded already
 */
export async function loadBackend(preference?: BackendName): Promise<BackendChoice> {
  loaded ??= load(preference);
  let choice: BackendChoice;
  try {
    choice = await loaded;
  } catch (error) {
    loaded = undefined;
    throw error;
  }
  if (preference !== undefined && choice.backend !== preference) {
    throw new LoupeError('conflict', `backend "${preference}" was asked for, but "${choice.backend}" is loaded in this process`);
  }
  return choice;
}

async function load(preference: BackendName | undefined): Promise<BackendChoice> {
  const installed = readInstalled();
  const { backend, probes } = await selectBackend(candidates(preference), (name) => probeBackend(name, installed));
  registerGradients();
  const about = await activate[backend](findAddon(installed));
  if (!(await tf.setBackend(backend))) throw new LoupeError('defect', `tfjs refused the backend "${backend}" after its probe`);
  await tf.ready();
  return { backend, ...about, probes };
}

/** tfjs-core as Node resolves it has no gradients registered; the union package registers all, with the same core. */
function registerGradients(): void {
  createRequire(import.meta.url)('@tensorflow/tfjs');
}

type About = Pick<BackendChoice, 'gpu' | 'threads' | 'version'>;

const activate: Readonly<Record<BackendName, (addon: string | undefined) => Promise<About>>> = {
  async tensorflow(addon) {
    if (addon === undefined) throw new LoupeError('missing-component', 'the native addon is gone; run: npm run setup');
    return { ...registerNativeBackend(addon), threads: threadCount() };
  },
  async wasm() {
    await withoutNewHandlers(() => import('@tensorflow/tfjs-backend-wasm').then(() => tf.setBackend('wasm')));
    return { gpu: false, threads: 1, version: tf.version_core };
  },
  async cpu() {
    const { MathBackendCPU } = await import('@tensorflow/tfjs-backend-cpu');
    // the stock instance advertises tfjs-node on its first use
    tf.removeBackend('cpu');
    tf.registerBackend('cpu', () => Object.assign(new MathBackendCPU(), { firstUse: false }), 1);
    return { gpu: false, threads: 1, version: tf.version_core };
  },
};

/** Emscripten's start-up code installs process-wide handlers that print its own source on any uncaught error. */
async function withoutNewHandlers(start: () => Promise<unknown>): Promise<void> {
  const events = ['uncaughtException', 'unhandledRejection'] as const;
  const before = events.map((event) => new Set<unknown>(process.listeners(event as 'uncaughtException')));
  await start();
  for (const [index, event] of events.entries()) {
    for (const listener of process.listeners(event as 'uncaughtException')) {
      if (!before[index]?.has(listener)) process.removeListener(event, listener);
    }
  }
}
