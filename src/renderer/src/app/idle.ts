/** Work that may wait until the browser has nothing better to do. */

/** Calls `work` in an idle moment, after `longest` ms at the latest where that is given; returns the undo. */
export function whenIdle(work: () => void, longest?: number): () => void {
  if (typeof requestIdleCallback === 'undefined') {
    const timer = setTimeout(work, 30);
    return () => clearTimeout(timer);
  }
  const waiting = requestIdleCallback(() => work(), longest === undefined ? {} : { timeout: longest });
  return () => cancelIdleCallback(waiting);
}
