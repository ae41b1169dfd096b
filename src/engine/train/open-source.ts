/** Opens what a config trains on. */
import { openCorpus } from '../corpora/registry.ts';
import { blocksFor } from '../harvest/job.ts';
import { ModelSource } from '../harvest/model-source.ts';
import { StreamSource } from '../harvest/stream.ts';
import { loadBackend } from '../backend/load.ts';
import type { JobContext } from '../job.ts';
import { loadModel } from '../lm/load.ts';
import { variantById } from '../sae/registry.ts';
import { openStore } from '../store/open.ts';
import type { ActivationStore } from '../store/types.ts';
import { StoreSource } from './activation-buffer.ts';
import { resolveTraining } from './config.ts';
import type { TrainConfig } from './config.ts';
import type { ActivationSource } from './source.ts';

/** Held-out tokens where the config does not say: a tenth of stored data, at most this. */
const mostHeldOut = 20_000;

/** The config's stores, or its model running over its corpus, as one shuffling source. The caller closes it. */
export function openSource(config: TrainConfig, context: Pick<JobContext, 'signal' | 'log'>): Promise<ActivationSource> {
  return config.model === null ? Promise.resolve().then(() => openStores(config)) : openStream(config, context);
}

function openStores(config: TrainConfig): ActivationSource {
  const opened: ActivationStore[] = [];
  const open = (folder: string): ActivationStore => {
    opened.push(openStore(folder));
    return opened.at(-1)!;
  };
  try {
    const stores = config.activations.map(open);
    const others = config.besideActivations.map(open);
    const beside = Array.from({ length: others.length / stores.length }, (_, i) => others.slice(i * stores.length, (i + 1) * stores.length));
    const tokens = stores.reduce((sum, { manifest }) => sum + manifest.contexts * manifest.contextLength, 0);
    const { hookPoint, hookPoints, targetHook, seed } = config;
    return new StoreSource(stores, {
      hookPoint, hookPoints, targetHook, beside, seed, gradients: variantById(config.variant).data === 'gradients',
      bufferRows: resolveTraining(config).bufferRows, heldOut: config.heldOut ?? Math.min(mostHeldOut, Math.floor(tokens / 10)),
    });
  } catch (error) {
    for (const store of opened) store.close();
    throw error;
  }
}

async function openStream(config: TrainConfig, { signal, log }: Pick<JobContext, 'signal' | 'log'>): Promise<ActivationSource> {
  const { contextLength, modelBatch, isolate, seed, targetHook, hookPoints, conversations } = config;
  const hookPoint = config.hookPoint ?? hookPoints[0]!;
  const corpus = await openCorpus(config.corpus!, { conversations, log });
  await loadBackend();
  const { data } = variantById(config.variant);
  // The loss and the output lie behind the last block.
  const blocks = data === 'gradients' || data === 'model' ? undefined : blocksFor([hookPoint, ...hookPoints, ...(targetHook === null ? [] : [targetHook])]);
  const model = await loadModel(config.model!, blocks === undefined ? {} : { layers: blocks });
  const reading = { contextLength, batch: modelBatch, isolate, seed, conversations, shuffleDocuments: true, heldOut: config.heldOut ?? mostHeldOut, signal };
  try {
    if (data === 'model') return new ModelSource(model, corpus, { ...reading, hookPoint });
    const bufferRows = resolveTraining(config).bufferRows;
    return new StreamSource(model, corpus, { ...reading, hookPoint, hookPoints, targetHook, gradients: data === 'gradients', bufferRows });
  } catch (error) {
    model.dispose();
    throw error;
  }
}
