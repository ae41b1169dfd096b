/**
 * The one error type that crosses boundaries, and the closed union of its kinds.
 *
 * Callers switch on `kind`; nobody matches on message text. A message names the argument, the value and what to do.
 */
export const errorKinds = [
  'bad-request', //        an argument of a command is wrong
  'bad-config', //         a config file or field is wrong
  'bad-file', //           a file is corrupt, truncated or not what it says
  'unsupported', //        understood, but not a thing Loupe can do (an architecture, a dtype)
  'not-found', //          the thing named does not exist
  'mismatch', //           two things that must belong together do not (store and model, shapes)
  'conflict', //           it exists already, or somebody else holds it
  'locked', //             another process holds the workspace or a run
  'read-only', //          the place cannot be written
  'no-space', //           the disk is, or would become, full
  'out-of-memory', //      more memory than there is
  'catalog-from-future', // a catalog written by a newer Loupe
  'not-finite', //         NaN or infinity in weights or activations
  'dead-experts', //       experts of a run fire on nothing any more
  'missing-component', //  an optional part is not installed
  'cancelled', //          stopped on request; resumable
  'disposed', //           used after dispose
  'engine-lost', //        the engine process ended in the middle of a request
  'defect', //             our mistake
] as const;

export type ErrorKind = (typeof errorKinds)[number];

/** The form in which an error crosses a process, a socket or a JSON line. */
export interface ErrorBody {
  readonly kind: ErrorKind;
  readonly message: string;
  readonly detail?: string | undefined;
}

/** An expected error. `detail` is technical text that is one click away and can be copied. */
export class LoupeError extends Error {
  override readonly name = 'LoupeError';
  readonly kind: ErrorKind;
  readonly detail: string | undefined;

  constructor(kind: ErrorKind, message: string, detail?: string, options?: { cause?: unknown }) {
    super(message, options);
    this.kind = kind;
    this.detail = detail;
  }

  toJSON(): ErrorBody {
    return { kind: this.kind, message: this.message, ...(this.detail === undefined ? {} : { detail: this.detail }) };
  }
}

const kindByCode: Readonly<Record<string, ErrorKind>> = {
  ENOENT: 'not-found',
  ENOTDIR: 'not-found',
  EACCES: 'read-only',
  EPERM: 'read-only',
  EROFS: 'read-only',
  ENOSPC: 'no-space',
  EDQUOT: 'no-space',
  EEXIST: 'conflict',
};

/** Any thrown value as an ErrorBody: ours as it is, the system's by its code, all else as a defect with its stack. */
export function toErrorBody(thrown: unknown): ErrorBody {
  if (thrown instanceof LoupeError) return thrown.toJSON();
  if (!(thrown instanceof Error)) return { kind: 'defect', message: String(thrown) };
  const code = (thrown as Error & { code?: string }).code;
  const kind = code === undefined ? undefined : kindByCode[code];
  if (kind !== undefined) return { kind, message: thrown.message };
  return { kind: 'defect', message: thrown.message, detail: thrown.stack };
}

/** The inverse of `toErrorBody`, at the receiving end. */
export function fromErrorBody(body: ErrorBody): LoupeError {
  return new LoupeError(body.kind, body.message, body.detail);
}

/** Exit status of the command line for an error kind (design.md §4). */
export function exitStatus(kind: ErrorKind): number {
  if (kind === 'defect' || kind === 'engine-lost') return 1;
  if (kind === 'missing-component') return 3;
  if (kind === 'cancelled') return 4;
  return 2;
}

/** The candidate nearest to `name` by edit distance, or undefined when none is close. Used in "did you mean" messages. */
export function nearestName(name: string, candidates: Iterable<string>): string | undefined {
  let best: string | undefined;
  let bestDistance = Math.max(2, Math.floor(name.length * 0.4)) + 1;
  for (const candidate of candidates) {
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase());
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  return best;
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(substitution, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row[b.length]!;
}
