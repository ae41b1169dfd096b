/** The export dialog: whether it is shown, and what it was opened with. One for the window, so that any page and the palette reach it. */
import type { FeatureQuery } from '../feature/query.ts';
import type { Scope } from './export-choices.ts';

export interface ExportStart {
  /** What the table of features shows, where it was opened from there. */
  readonly query?: FeatureQuery | null;
  /** The features that are marked there. */
  readonly marked?: Int32Array | null;
  /** What is chosen first; otherwise what the table shows, else everything. */
  readonly scope?: Scope;
}

class Exporting {
  open = $state(false);
  start = $state.raw<ExportStart>({});

  show(start: ExportStart = {}): void {
    this.start = start;
    this.open = true;
  }

  close(): void {
    this.open = false;
  }
}

export const exporting = new Exporting();
