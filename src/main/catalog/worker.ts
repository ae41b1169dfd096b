/** A catalog thread: holds the SQLite connections, runs one method at a time, answers with a result or an error of a kind. */
import { parentPort } from 'node:worker_threads';
import { toErrorBody } from '../../shared/errors.ts';
import type { ReadHandle, WriteHandle } from './handle.ts';
import { aloneMethods, readMethods, writeMethods } from './methods.ts';
import { openCatalogReader, openCatalogWriter } from './opening.ts';
import type { Partway, Reply, Request } from './types.ts';
import { sqliteError } from './sqlite-errors.ts';

/** Inferred per method on the sending side; here only the pairing of name and input is trusted. */
type AnyMethod<First> = (first: First, input: unknown, report: (share: number) => void) => unknown;

const readers = new Map<string, ReadHandle>();
const writers = new Map<string, WriteHandle>();

function opened<H>(handles: Map<string, H>, path: string, open: (path: string) => H): H {
  let handle = handles.get(path);
  if (handle === undefined) handles.set(path, handle = open(path));
  return handle;
}

function close(path: string): null {
  for (const handles of [readers, writers]) {
    handles.get(path)?.close();
    handles.delete(path);
  }
  return null;
}

function perform(request: Request): unknown {
  const { method, path } = request;
  const report = (share: number): void => parentPort!.postMessage({ seq: request.seq, share } satisfies Partway);
  if (method === 'close') return close(path);
  if (Object.hasOwn(aloneMethods, method)) return (aloneMethods as Record<string, AnyMethod<string>>)[method]!(path, request.input, report);
  if (Object.hasOwn(writeMethods, method)) {
    return (writeMethods as Record<string, AnyMethod<WriteHandle>>)[method]!(opened(writers, path, openCatalogWriter), request.input, report);
  }
  return (readMethods as Record<string, AnyMethod<ReadHandle>>)[method]!(opened(readers, path, openCatalogReader), request.input, report);
}

/** Methods answer at once, but for labellers, which may have to wait for what they ask: they run in a thread of their own. */
async function answer(request: Request): Promise<Reply> {
  const start = performance.now();
  const { seq } = request;
  try {
    const output = await perform(request);
    return { seq, ok: true, output, milliseconds: performance.now() - start };
  } catch (error) {
    return { seq, ok: false, error: toErrorBody(sqliteError(error, request.path)), milliseconds: performance.now() - start };
  }
}

parentPort!.on('message', async (request: Request) => parentPort!.postMessage(await answer(request)));
