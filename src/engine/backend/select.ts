/** Choosing a tensor backend: the order, the probes' answers, and the reasons as data. No tensors here. */
import { LoupeError } from '../../shared/errors.ts';

/** Backends in order of preference (design.md §2). */
export const backendNames = ['tensorflow', 'wasm', 'cpu'] as const;
export type BackendName = (typeof backendNames)[number];

/** What a backend that works has. */
export interface BackendFound {
  /** version of the TensorFlow runtime or of tfjs */
  readonly version: string;
  readonly gpu: boolean;
  /** Loupe's own native ops, by registered name */
  readonly ops: readonly string[];
  /** instruction sets of this processor that native kernels are dispatched to */
  readonly instructionSets: readonly string[];
}

/** What trying one backend gave. */
export interface BackendProbe {
  readonly backend: BackendName;
  readonly ok: boolean;
  /** why it was refused, or what was found */
  readonly reason: string;
  /** what the user can do about a refusal */
  readonly cure?: string | undefined;
  readonly found?: BackendFound | undefined;
}

/** The backend in use and why. */
export interface BackendChoice {
  readonly backend: BackendName;
  /** computes on a GPU */
  readonly gpu: boolean;
  /** threads of the runtime; 1 for wasm and cpu */
  readonly threads: number;
  /** version of the TensorFlow runtime or of tfjs */
  readonly version: string;
  /** one entry for each backend that was tried, in order */
  readonly probes: readonly BackendProbe[];
}

/** Reads `LOUPE_BACKEND` or an argument. @throws LoupeError `bad-request` for an unknown name */
export function parseBackendName(text: string, argument: string): BackendName {
  const name = backendNames.find((candidate) => candidate === text);
  if (name === undefined) {
    throw new LoupeError('bad-request', `${argument} is "${text}": use one of ${backendNames.join(', ')}`);
  }
  return name;
}

/** The backends to try: all in order, or the one that was asked for. */
export function candidates(
  preference: BackendName | undefined,
  env: Readonly<Record<string, string | undefined>> = process.env,
): readonly BackendName[] {
  if (preference !== undefined) return [preference];
  const forced = env['LOUPE_BACKEND'];
  if (forced !== undefined && forced !== '') return [parseBackendName(forced, 'LOUPE_BACKEND')];
  return backendNames;
}

/**
 * Tries backends in order until one works.
 *
 * @throws LoupeError `missing-component` with every refusal where none works
 */
export async function selectBackend(
  order: readonly BackendName[],
  probe: (backend: BackendName) => Promise<BackendProbe>,
): Promise<{ backend: BackendName; probes: readonly BackendProbe[] }> {
  const probes: BackendProbe[] = [];
  for (const backend of order) {
    const result = await probe(backend);
    probes.push(result);
    if (result.ok) return { backend, probes };
  }
  const reasons = probes.map((p) => `${p.backend}: ${p.reason}${p.cure === undefined ? '' : ` (${p.cure})`}`);
  throw new LoupeError('missing-component', `no tensor backend works: ${reasons.join('; ')}`);
}
