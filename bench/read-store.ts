/**
 * How fast an activation store is read from the page cache, and what shuffling its rows costs:
 *
 *   node bench/read-store.ts STORE [HOOK] [ROUNDS]
 *
 * Prints GB/s of the bytes on disk, in wall and in processor time (on a busy machine only the second says something), for slices of
 * contexts in order, and for shuffled batches of 4096 rows as training takes them.
 */
import { openStore } from '../src/engine/store/open.ts';
import { StoreSource } from '../src/engine/train/activation-buffer.ts';

const [folder, hookAsked, roundsAsked = '3'] = process.argv.slice(2);
if (folder === undefined) throw new Error('give the folder of a store');
const store = openStore(folder);
const { manifest } = store;
const hook = hookAsked ?? manifest.hooks[0]!.name;
const d = manifest.hooks.find(({ name }) => name === hook)!.d;
const bytesPerRow = d * (manifest.dtype === 'float16' ? 2 : 4);
const slice = 16;
const batch = 4096;

/** GB/s of wall time and of processor time. */
async function measure(rows: number, work: () => Promise<void> | void): Promise<{ wall: number; cpu: number; ms: number }> {
  const [start, before] = [performance.now(), process.cpuUsage()];
  await work();
  const { user, system } = process.cpuUsage(before);
  const ms = performance.now() - start;
  const gigabytes = (rows * bytesPerRow) / 1e9;
  return { wall: gigabytes / (ms / 1e3), cpu: gigabytes / ((user + system) / 1e6), ms: (user + system) / 1e3 };
}

const out = new Float32Array(slice * manifest.contextLength * d);
const source = new StoreSource([openStore(folder)], { hookPoint: hook, seed: 0, bufferRows: 20 * batch, heldOut: 0 });
for (let round = 0; round < Number(roundsAsked); round++) {
  const rows = manifest.contexts * manifest.contextLength;
  const inOrder = await measure(rows, () => {
    for (let first = 0; first < manifest.contexts; first += slice) store.activations(hook, first, Math.min(slice, manifest.contexts - first), out);
  });
  const batches = Math.max(1, Math.floor(rows / batch));
  const shuffled = await measure(batches * batch, async () => {
    for (let i = 0; i < batches; i++) await source.next(batch);
  });
  const figure = (value: number): string => value.toFixed(2);
  console.log(
    `in order ${figure(inOrder.wall)} GB/s (${figure(inOrder.cpu)} of processor time); ` +
    `shuffled ${figure(shuffled.wall)} GB/s (${figure(shuffled.cpu)}), ${figure(shuffled.ms / batches)} ms of processor time a batch of ${batch} rows of ${d}`,
  );
}
source.close();
store.close();
