/** The export dialog: whether it is shown, and what it was opened with. One for the window, so that any page and the palette reach it. */
import type { FeatureQuery } from '../feature/query.ts';

class Exporting {
  open = $state(false);
  /** What the table of features shows, where it was opened from there. */
  query = $state.raw<FeatureQuery | null>(null);

  show(query: FeatureQuery | null = null): void {
    this.query = query;
    this.open = true;
  }

  close(): void {
    this.open = false;
  }
}

export const exporting = new Exporting();
