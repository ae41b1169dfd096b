/** What main and the thread that exports or imports say to each other. */
import type { ErrorBody } from '../../shared/errors.ts';
import type { ExportConfig } from '../../shared/schema/export.ts';
import type { ImportConfig } from '../../shared/schema/import.ts';

export type ShareTask =
  | { readonly kind: 'export'; readonly config: ExportConfig }
  | { readonly kind: 'import'; readonly config: ImportConfig };

/** What the thread is started with; `stop` is shared memory that becomes 1 when it is to stop. */
export interface ShareTaskData {
  readonly task: ShareTask;
  readonly stop: Int32Array;
}

export type ShareReport =
  | { readonly type: 'step'; readonly phase: string; readonly done: number; readonly total: number }
  | { readonly type: 'done'; readonly result: Record<string, unknown> }
  | { readonly type: 'failed'; readonly error: ErrorBody };
