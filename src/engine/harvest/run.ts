/** The harvest itself: contexts out of the corpus, through the model, into the store. Stops and starts again anywhere. */
import { existsSync, readdirSync, statfsSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { LoupeError } from '../../shared/errors.ts';
import { codeVersion } from '../code-version.ts';
import type { Corpus, CorpusDocument } from '../corpora/definition.ts';
import { withoutRepeats } from '../corpora/conversations.ts';
import { shuffled } from '../corpora/order.ts';
import type { JobContext } from '../job.ts';
import type { LanguageModel } from '../lm/definition.ts';
import type { CorpusIdentity, StoreHook, StoreManifest } from '../store/types.ts';
import { manifestName, readManifest } from '../store/manifest.ts';
import { openStoreWriter, type NewStore, type StoreWriter } from '../store/writer.ts';
import { estimateHarvest, harvestHooks, storedHooks, type HarvestConfig, type HarvestEstimate } from './config.ts';
import { conversationContexts } from './conversations.ts';
import { forward, stack } from './forward.ts';
import { packContexts, type PackedContext } from './pack.ts';

export interface HarvestParts {
  readonly model: LanguageModel;
  readonly corpus: Corpus;
  readonly backend: string;
  /** Free bytes where `folder` is or will be. */
  readonly freeBytes?: (folder: string) => number;
  /** How often the growing shard is made durable, in ms: what a kill costs at most, beside the batch in work. */
  readonly flushEveryMs?: number;
}

export type HarvestContext = Pick<JobContext, 'signal' | 'progress' | 'log'>;

const defaultFlushMs = 2000;

/** Free bytes for this user on the disk that `folder` is, or would be, on. */
export function freeBytesAt(folder: string): number {
  let place = resolve(folder);
  while (!existsSync(place) && dirname(place) !== place) place = dirname(place);
  const { bavail, bsize } = statfsSync(place);
  return bavail * bsize;
}

/** The documents in the order in which they are used; conversations without repeats. */
export function orderedDocuments(corpus: Corpus, shuffle: boolean, seed: number, conversations = false, log?: (line: string) => void): AsyncIterable<CorpusDocument> {
  const documents = conversations ? withoutRepeats(corpus.documents(), log) : corpus.documents();
  return shuffle ? shuffled(documents, seed) : documents;
}

export function shuffles({ shuffle }: Pick<HarvestConfig, 'shuffle'>, corpus: Corpus): boolean {
  return shuffle === 'auto' ? corpus.listing : shuffle === 'on';
}

function describeStore(config: HarvestConfig, { model, corpus, backend }: HarvestParts, hooks: readonly StoreHook[], estimate: HarvestEstimate): NewStore {
  const { tokens, batch, field, unit, badLines, dtype, contextLength, isolate, seed, conversations, gradients } = config;
  return {
    model: model.identity,
    corpus: { name: corpus.name, documents: 0, hash: '', sources: corpus.sources },
    hooks, dtype, contextLength, isolate, seed, backend,
    prependBos: model.tokenizer.prependsBos,
    // FAST trains on every token of a conversation: those of its template are what it is about.
    specialTokenIds: conversations ? [] : [...model.tokenizer.specialTokenIds].sort((a, b) => a - b),
    codeVersion: codeVersion(),
    harvest: {
      tokens, batch, shardContexts: estimate.shardContexts, shuffle: shuffles(config, corpus), field, unit, badLines,
      ...(conversations ? { conversations } : {}), ...(gradients ? { gradients } : {}),
    },
  };
}

function gigabytes(bytes: number): string {
  return bytes >= 1e9 ? `${(bytes / 1e9).toFixed(2)} GB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

/** Bytes of the files in `folder` already; 0 where there is none. */
function bytesThere(folder: string): number {
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true) return 0;
  return readdirSync(folder).reduce((sum, name) => sum + (statSync(join(folder, name), { throwIfNoEntry: false })?.size ?? 0), 0);
}

/** Kind no-space, with both figures, when what is still to be written would not fit. Nothing has been written before. */
function requireSpace(config: HarvestConfig, parts: HarvestParts, estimate: HarvestEstimate): void {
  if (existsSync(join(config.out, manifestName)) && readManifest(config.out).complete) return;
  const needed = Math.max(0, estimate.bytes - bytesThere(config.out));
  const free = (parts.freeBytes ?? freeBytesAt)(config.out);
  if (needed <= free) return;
  throw new LoupeError('no-space', `out: the store needs ${gigabytes(needed)} more and ${gigabytes(free)} are free at ${config.out}. ` +
    'Free some disk, choose another folder, fewer tokens or hooks, or train without a store.', `needed ${needed} bytes, free ${free} bytes`);
}

/** Up to `count` contexts; fewer at the end of the corpus. */
async function nextContexts(contexts: AsyncIterator<PackedContext>, count: number): Promise<PackedContext[]> {
  const batch: PackedContext[] = [];
  while (batch.length < count) {
    const { value, done } = await contexts.next();
    if (done === true) break;
    batch.push(value);
  }
  return batch;
}

function corpusIdentity(corpus: Corpus, writer: StoreWriter): CorpusIdentity {
  const { documents, hash } = writer.cursor!;
  return { name: corpus.name, documents, hash, sources: corpus.sources };
}

/** Seconds over which the speed is averaged: the first pass is slow, and must not spoil the estimate of the rest. */
const speedWindow = 20;

/** Reports contexts done as tokens, with the speed of the last seconds and the time left at that speed. */
function reporter(context: HarvestContext, contextLength: number, total: number): (done: number) => void {
  const marks: { readonly at: number; readonly done: number }[] = [];
  return (done) => {
    const at = performance.now() / 1000;
    marks.push({ at, done });
    while (marks.length > 2 && at - marks[0]!.at > speedWindow) marks.shift();
    const since = marks[0]!;
    const speed = done > since.done && at > since.at ? ((done - since.done) * contextLength) / (at - since.at) : null;
    const left = (total - done) * contextLength;
    context.progress({
      phase: 'harvest', step: done * contextLength, total: total * contextLength, tokensPerSecond: speed,
      etaSeconds: speed === null ? null : left / speed, metrics: {}, message: null,
    });
  };
}

/** Appends batch after batch until the store or the corpus is full. */
async function fill(writer: StoreWriter, config: HarvestConfig, parts: HarvestParts, hooks: readonly StoreHook[], total: number, context: HarvestContext): Promise<void> {
  const { model, corpus } = parts;
  const documents = orderedDocuments(corpus, shuffles(config, corpus), config.seed, config.conversations, context.log);
  const contexts = (config.conversations ? conversationContexts : packContexts)(documents, model.tokenizer, config, writer.cursor ?? undefined);
  const report = reporter(context, config.contextLength, total);
  let flushed = performance.now();
  try {
    report(writer.contexts);
    while (writer.contexts < total) {
      if (context.signal.aborted) throw new LoupeError('cancelled', `The harvest was stopped at ${writer.contexts} of ${total} contexts. Run it again to go on from there.`);
      const batch = await nextContexts(contexts, Math.min(config.batch, writer.room));
      if (batch.length === 0) break;
      await writer.append(forward(model, hooks, stack(batch, config.contextLength), writer.contexts, config), batch.at(-1)!.after);
      report(writer.contexts);
      if (performance.now() - flushed >= (parts.flushEveryMs ?? defaultFlushMs)) {
        writer.flush();
        flushed = performance.now();
      }
      await setImmediate(); // Cancel requests and pings are heard between two batches.
    }
  } finally {
    await contexts.return(undefined);
  }
}

/** What a failed harvest leaves: everything that is whole, and the growing shard unless the disk is full. */
function keepWhatIsSure(writer: StoreWriter, error: unknown, folder: string): unknown {
  try {
    if (error instanceof LoupeError && error.kind === 'cancelled') writer.flush();
  } catch (failure) {
    return keepWhatIsSure(writer, failure, folder);
  }
  const code = (error as NodeJS.ErrnoException).code;
  if (code !== 'ENOSPC' && code !== 'EDQUOT') return error;
  writer.discardShard();
  return new LoupeError('no-space', `out: the disk became full while ${folder} was written. ${writer.contexts} contexts are kept; ` +
    'free some disk and run the same harvest again.', undefined, { cause: error });
}

/**
 * Harvests into `config.out`, or continues what is there; returns the manifest of the whole store.
 *
 * Kinds: not-found (a hook), bad-config, conflict (another store is there), locked, no-space, not-finite, mismatch (the corpus
 * has changed), cancelled (run again to continue).
 */
export async function harvest(config: HarvestConfig, parts: HarvestParts, context: HarvestContext): Promise<StoreManifest> {
  const hooks = harvestHooks(config, parts.model);
  const stored = storedHooks(config, hooks);
  const estimate = estimateHarvest(config, stored);
  requireSpace(config, parts, estimate);
  const writer = openStoreWriter(config.out, describeStore(config, parts, stored, estimate), estimate.contexts);
  try {
    if (writer.manifest.complete) return writer.manifest;
    const begun = writer.contexts > 0 ? `; ${writer.contexts} contexts are there already` : '';
    context.log(`${estimate.contexts} contexts of ${config.contextLength} tokens, ${hooks.length} hooks${config.gradients ? ' with gradients' : ''}: ${gigabytes(estimate.bytes)} on disk${begun}`);
    await fill(writer, config, parts, hooks, estimate.contexts, context);
    if (writer.contexts === 0) {
      throw new LoupeError('bad-request', `corpus: ${parts.corpus.name} has fewer than the ${config.contextLength} tokens of one context. Give more text, or lower contextLength.`);
    }
    if (writer.contexts < estimate.contexts) context.log(`the corpus ended after ${writer.contexts} of ${estimate.contexts} contexts`);
    return await writer.finish(corpusIdentity(parts.corpus, writer));
  } catch (error) {
    throw keepWhatIsSure(writer, error, config.out);
  } finally {
    writer.close();
  }
}
