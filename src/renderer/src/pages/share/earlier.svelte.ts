/** What was merged into a catalog of ours before, and taking one of those merges back. */
import { toErrorBody, type ErrorBody } from '../../../../shared/errors.ts';
import type { MergeRecord } from '../../../../shared/schema/share.ts';
import { notices } from '../../app/notices.svelte.ts';
import { session } from '../../app/session.svelte.ts';

export class EarlierMerges {
  /** The catalog that is asked about, a path; empty: none. */
  catalog = $state('');
  /** The latest first; null until they are there. */
  merges = $state.raw<readonly MergeRecord[] | null>(null);
  readOnly = $state(false);
  error = $state.raw<ErrorBody | null>(null);
  /** The merge that is being taken back. */
  busy = $state<number | null>(null);

  /** Lists the merges of `catalog`; called again it looks again, and the list stays until the new one is there. */
  async load(catalog: string): Promise<void> {
    if (catalog !== this.catalog) Object.assign(this, { catalog, merges: null, error: null });
    if (catalog === '') return;
    try {
      const [{ merges }, { readOnly }] = await Promise.all([session.invoke('share.merges', { catalog }), session.invoke('catalog.info', { catalog })]);
      if (this.catalog === catalog) Object.assign(this, { merges, readOnly, error: null });
    } catch (thrown) {
      if (this.catalog === catalog) this.error = toErrorBody(thrown);
    }
  }

  /** True when it was taken back; what went wrong has been told. */
  async takeBack({ id, name }: MergeRecord): Promise<boolean> {
    const { catalog } = this;
    this.busy = id;
    const done = await session.attempt('share.undoMerge', { catalog, merge: id });
    this.busy = null;
    await this.load(catalog);
    if (done !== undefined) notices.say(`The merge of ${name} was taken back.`);
    return done !== undefined;
  }
}
