/** Progress is reported every step and shown ten times a second: the newest wins, the last is never lost. */
import type { Progress } from '../shared/schema/job.ts';

export interface Coalescer {
  readonly push: (progress: Progress) => void;
  /** Sends what is held back. */
  readonly flush: () => void;
}

/** Figures that JSON cannot say become null. */
function finite(progress: Progress): Progress {
  const metrics = Object.fromEntries(Object.entries(progress.metrics).map(([name, value]) => [name, Number.isFinite(value) ? value : null]));
  const orNull = (value: number | null): number | null => (value !== null && Number.isFinite(value) && value >= 0 ? value : null);
  return { ...progress, metrics, tokensPerSecond: orNull(progress.tokensPerSecond), etaSeconds: orNull(progress.etaSeconds) };
}

/**
 * Passes at most one report per `intervalMs` on to `send`. Works without timers while a step blocks the thread: a report that
 * is due goes out at once, one that is not waits for the next report, for the timer, or for `flush`.
 */
export function coalesce(send: (progress: Progress) => void, intervalMs = 100, now: () => number = () => performance.now()): Coalescer {
  let held: Progress | null = null;
  let last = -Infinity;
  let timer: NodeJS.Timeout | null = null;
  const flush = (): void => {
    if (timer !== null) clearTimeout(timer);
    timer = null;
    if (held === null) return;
    const progress = held;
    held = null;
    last = now();
    send(finite(progress));
  };
  const push = (progress: Progress): void => {
    held = progress;
    const wait = last + intervalMs - now();
    if (wait <= 0) flush();
    else timer ??= setTimeout(flush, wait);
  };
  return { push, flush };
}
