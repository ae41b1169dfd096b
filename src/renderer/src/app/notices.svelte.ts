/** Short messages at the edge of the window: something was done (with an undo), or went wrong. */
import type { ErrorBody } from '../../../shared/errors.ts';

export interface Notice {
  readonly id: number;
  readonly text: string;
  readonly error: ErrorBody | null;
  readonly action: { readonly title: string; readonly run: () => void } | null;
}

class Notices {
  list = $state.raw<readonly Notice[]>([]);
  #next = 1;

  /** `milliseconds`: how long it stays. A notice with an undo should stay longer than one that only tells. */
  say(text: string, action: Notice['action'] = null, milliseconds = action === null ? 6000 : 12_000): void {
    this.#add({ text, error: null, action }, milliseconds);
  }

  /** Errors stay until they are closed. */
  fail(error: ErrorBody, action: Notice['action'] = null): void {
    if (this.list.some((notice) => notice.error?.message === error.message)) return;
    this.#add({ text: error.message, error, action }, null);
  }

  close(id: number): void {
    this.list = this.list.filter((notice) => notice.id !== id);
  }

  #add(notice: Omit<Notice, 'id'>, milliseconds: number | null): void {
    const id = this.#next++;
    this.list = [...this.list.slice(-3), { ...notice, id }];
    if (milliseconds !== null) setTimeout(() => this.close(id), milliseconds);
  }
}

export const notices = new Notices();
