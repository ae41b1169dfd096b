/** One file from elsewhere: what it says of itself, whether it is sound, and what merging it would do. */
import { toErrorBody, type ErrorBody } from '../../../../shared/errors.ts';
import type { VerifyReport } from '../../../../shared/schema/catalog.ts';
import type { ForeignCatalog, MergeChoice, MergePreview, MergeResult } from '../../../../shared/schema/share.ts';
import { notices } from '../../app/notices.svelte.ts';
import { session } from '../../app/session.svelte.ts';
import { changeKey, chooseAll, decided, mergeTitle, shownChanges, type ChangeFilter, type Choices } from '../../share/conflicts.ts';

export class ShareState {
  path = $state('');
  file = $state.raw<ForeignCatalog | null>(null);
  report = $state.raw<VerifyReport | null>(null);
  error = $state.raw<ErrorBody | null>(null);
  /** The catalog of ours that it is merged into; empty: none chosen. */
  into = $state('');
  preview = $state.raw<MergePreview | null>(null);
  previewError = $state.raw<ErrorBody | null>(null);
  choices = $state.raw<Choices>({});
  filter = $state.raw<ChangeFilter>({ status: 'all', text: '' });
  /** Their sources that come over whole, by id. */
  sources = $state.raw<ReadonlySet<number>>(new Set());
  busy = $state<'copy' | 'merge' | null>(null);
  result = $state.raw<MergeResult | null>(null);

  readonly shown = $derived(this.preview === null ? [] : shownChanges(this.preview.changes, this.filter, this.choices));
  readonly open = $derived(this.preview === null ? 0 : shownChanges(this.preview.changes, { status: 'open', text: '' }, this.choices).length);
  readonly labels = $derived(this.preview === null ? 0 : this.preview.changes.length);
  readonly others = $derived(this.preview?.tables.reduce((n, { add, change }) => n + add + change, 0) ?? 0);
  readonly title = $derived(mergeTitle(this.labels, this.others, this.sources.size));
  readonly nothing = $derived(this.labels + this.others + this.sources.size === 0);

  /** Looks at a file: what it says at once, then whether it is sound. */
  async look(path: string): Promise<void> {
    if (path === this.path) return;
    Object.assign(this, { path, file: null, report: null, error: null, into: '', preview: null, previewError: null, result: null });
    if (path === '') return;
    try {
      const file = await session.invoke('share.inspect', { path });
      if (this.path !== path) return;
      this.file = file;
      const report = await session.invoke('catalog.verify', { path });
      if (this.path === path) this.report = report;
    } catch (thrown) {
      if (this.path === path) this.error = toErrorBody(thrown);
    }
  }

  /** Says what merging into `catalog` would do. */
  async choose(catalog: string): Promise<void> {
    Object.assign(this, { into: catalog, preview: null, previewError: null, choices: {}, sources: new Set(), result: null });
    if (catalog === '') return;
    try {
      const preview = await session.invoke('share.preview', { catalog, from: this.path });
      if (this.into !== catalog) return;
      this.preview = preview;
      this.filter = { status: preview.counts.conflict > 0 ? 'conflict' : 'all', text: '' };
    } catch (thrown) {
      if (this.into === catalog) this.previewError = toErrorBody(thrown);
    }
  }

  decide(choice: MergeChoice, place: number): void {
    const change = this.shown[place];
    if (change !== undefined) this.choices = { ...this.choices, [changeKey(change)]: choice };
  }

  decideShown(choice: MergeChoice): void {
    this.choices = chooseAll(this.choices, this.shown, choice);
  }

  toggle(source: number): void {
    const next = new Set(this.sources);
    if (!next.delete(source)) next.add(source);
    this.sources = next;
  }

  async merge(): Promise<void> {
    if (this.preview === null || this.busy !== null) return;
    this.busy = 'merge';
    const catalog = this.into;
    const result = await session.attempt('share.merge', {
      catalog, from: this.path, sources: [...this.sources], conflicts: null, choices: decided(this.preview.changes, this.choices), author: session.author,
    });
    this.busy = null;
    if (result === undefined) return;
    await this.choose(catalog);
    this.result = result;
  }

  async undo(): Promise<void> {
    const merge = this.result?.merge;
    if (merge === null || merge === undefined) return;
    const catalog = this.into;
    if ((await session.attempt('share.undoMerge', { catalog, merge })) === undefined) return;
    notices.say('The merge was taken back.');
    await this.choose(catalog);
  }

  /** Copies the file into the workspace; the path of the copy, or null when that failed. */
  async copy(): Promise<string | null> {
    this.busy = 'copy';
    const info = await session.attempt('catalog.copy', { catalog: this.path });
    this.busy = null;
    if (info === undefined) return null;
    notices.say(`Copied ${info.path.split(/[\\/]/).at(-1)} to the workspace, every row checked.`);
    await session.refreshWorkspace();
    return info.path;
  }
}
