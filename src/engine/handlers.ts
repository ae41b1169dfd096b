/** The engine's answers to short requests. The parts are loaded when first asked for. */
import { parseConfig } from './config-issues.ts';
import { jobForms } from './forms.ts';
import { loadJob } from './jobs.ts';
import type { BackendStatus } from '../shared/schema/workspace.ts';
import type { LiveHandlers } from './live/handlers.ts';
import type { BackendChoice } from './backend/select.ts';
import { liveRequests } from './live/requests.ts';
import type { RequestHandlers, RequestName } from './protocol.ts';

const reach: Readonly<Record<BackendChoice['backend'], string>> = { tensorflow: 'TensorFlow', wasm: 'WebAssembly', cpu: 'plain JavaScript' };

/** The choice of backend in the words of the studio's badge. */
export function backendStatus({ backend, gpu, threads, version, probes }: BackendChoice): BackendStatus {
  const refused = probes.filter((probe) => !probe.ok).map((probe) => ({ id: probe.backend, reason: probe.reason, cure: probe.cure ?? '' }));
  return { id: backend, detail: `${reach[backend]} ${version}${gpu ? ' on the GPU' : ''}`, threads, refused };
}

let live: Promise<LiveHandlers> | undefined;

/** The handlers of live/handlers.ts under their names; its code is loaded with the first question. */
function liveOnes(): LiveHandlers {
  const ask = (name: keyof LiveHandlers) => async (input: never): Promise<unknown> => {
    live ??= import('./live/handlers.ts').then(({ liveHandlers }) => liveHandlers());
    return (await live)[name](input);
  };
  const names = Object.keys(liveRequests) as RequestName[];
  return Object.fromEntries(names.map((name) => [name, ask(name as keyof LiveHandlers)])) as unknown as LiveHandlers;
}

export const handlers: RequestHandlers = {
  ...liveOnes(),
  backend: async () => {
    const { loadBackend } = await import('./backend/load.ts');
    return backendStatus(await loadBackend());
  },
  forms: async () => ({ forms: await jobForms() }),
  checkConfig: async ({ kind, config }) => {
    const { schema } = await loadJob(kind);
    return { config: parseConfig(schema, config) };
  },
  inspectModel: async ({ path }) => {
    const { inspectModel } = await import('./lm/load.ts');
    return inspectModel(path);
  },
  describeEncoder: async ({ folder }) => {
    const { describeEncoder } = await import('./lm/encoders/serve.ts');
    return describeEncoder(folder);
  },
  encodeTexts: async ({ folder, texts }) => {
    const { encodeTexts } = await import('./lm/encoders/serve.ts');
    return encodeTexts(folder, texts);
  },
  nearestAcross: async (input) => {
    const { nearestAcross } = await import('./posthoc/nearest-across.ts');
    const { dictionaries, passed } = await nearestAcross(input);
    return { dictionaries: [...dictionaries], passed: [...passed] };
  },
  lmPlan: async ({ config }) => {
    const { planLm } = await import('./lm/training/plan.ts');
    return planLm(config);
  },
  lmFacts: async ({ path }) => {
    const { lmFacts } = await import('./lm/own/facts.ts');
    return { facts: lmFacts(path) };
  },
  findModels: async () => {
    const { findModels } = await import('./lm/find.ts');
    return { models: [...(await findModels())] };
  },
};
