/** What a labeller is: it explains features from windows of text, and judges from an explanation alone whether windows have the feature. */
import type { Background } from './background.ts';
import type { Lexicon } from './lexicon.ts';
import type { Window } from './windows.ts';

export interface Explanation {
  /** The label. */
  readonly text: string;
  /** The role family that it suggests; empty for none. */
  readonly family: string;
  /** What the labeller's own judge needs beside the text. */
  readonly own: unknown;
}

/** A window with marks around some of its tokens: bit i of `marks` for token i. */
export interface MarkedWindow {
  readonly window: Window;
  readonly marks: number;
}

export type Maybe<T> = T | Promise<T>;

/** A labeller at work on the features of one source. */
export interface LabellerRun {
  /** Explains windows in which a feature fires; `counts` says which windows of the background are known not to have it. Null: nothing was found. */
  readonly explain: (windows: readonly Window[], counts: Uint8Array) => Maybe<Explanation | null>;
  /** How surely each window has what the explanation says, 0 to 1; from 0.5 on it is a yes. */
  readonly judge: (explanation: Explanation, windows: readonly Window[]) => Maybe<readonly number[]>;
  /** How surely the marks of each window stand where the explanation says. */
  readonly judgeMarks: (explanation: Explanation, windows: readonly MarkedWindow[]) => Maybe<readonly number[]>;
}

export interface Labeller {
  readonly id: string;
  readonly title: string;
  readonly summary: string;
  readonly kind: 'rule' | 'model';
  /** Changes whenever the same windows may get another label: it goes into the hash of the prompt. */
  readonly version: string;
  readonly begin: (background: Background, lexicon: Lexicon) => LabellerRun;
}
