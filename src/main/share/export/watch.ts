/** How long work in a thread says how far it is, and learns that it is to stop. */
import { LoupeError } from '../../../shared/errors.ts';

export interface Watch {
  /** Says where the work is, in steps of `phase`. Throws kind cancelled once it is to stop: call it at least once a second. */
  readonly step: (phase: string, done: number, total: number) => void;
}

/** A watch over a flag that another thread sets to 1. */
export function watchFlag(flag: Int32Array, say: (phase: string, done: number, total: number) => void): Watch {
  return {
    step: (phase, done, total) => {
      if (Atomics.load(flag, 0) !== 0) throw new LoupeError('cancelled', 'it was stopped; nothing was left behind.');
      say(phase, done, total);
    },
  };
}
