/** Which columns the table shows: one choice for this browser, remembered. */
import { recall, remember } from '../app/preferences.ts';
import { defaultLayout, parseLayout, type ColumnLayout } from './columns.ts';

class TableLayout {
  columns = $state.raw<readonly ColumnLayout[]>(parseLayout(recall('features.columns', null, (_value): _value is unknown => true)) ?? defaultLayout);

  change(columns: readonly ColumnLayout[]): void {
    this.columns = columns;
    remember('features.columns', columns);
  }

  reset(): void {
    this.change(defaultLayout);
  }
}

export const tableLayout = new TableLayout();
