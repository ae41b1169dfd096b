/** Disk use of the workspace, and what is done about it. */
import type { CachePart, DiskItem, DiskUse } from '../../../../shared/schema/disk.ts';
import { type ErrorBody, toErrorBody } from '../../../../shared/errors.ts';
import { notices } from '../../app/notices.svelte.ts';
import { session } from '../../app/session.svelte.ts';
import { bytes, plural } from '../../format/number.ts';

export class DiskState {
  use = $state.raw<DiskUse | null>(null);
  error = $state.raw<ErrorBody | null>(null);
  busy = $state(false);

  async load(): Promise<void> {
    try {
      this.use = await session.invoke('disk.use', {});
      this.error = null;
    } catch (thrown) {
      this.error = toErrorBody(thrown);
    }
  }

  async recycle(items: readonly DiskItem[]): Promise<void> {
    const done = await this.#alone(() => session.attempt('disk.recycle', { items: items.map(({ kind, id }) => ({ kind, id })) }));
    if (done === undefined) return;
    const what = items.length === 1 ? items[0]!.name : plural(items.length, 'thing');
    notices.say(`${what} moved to the trash (${bytes(done.bytes)}). Its room is free when the trash is emptied.`, { title: 'Undo', run: () => void this.restore(done.ids) });
  }

  async restore(ids: readonly string[]): Promise<void> {
    const done = await this.#alone(() => session.attempt('disk.restore', { ids: [...ids] }));
    if (done !== undefined) notices.say(`${done.names.length === 1 ? done.names[0]! : plural(done.names.length, 'thing')} put back.`);
  }

  async empty(ids: readonly string[]): Promise<void> {
    const done = await this.#alone(() => session.attempt('disk.empty', { ids: [...ids] }));
    if (done !== undefined) notices.say(`${bytes(done.bytes)} freed.`);
  }

  async clearCache({ name }: CachePart): Promise<void> {
    const done = await this.#alone(() => session.attempt('disk.clearCache', { name }));
    if (done !== undefined) notices.say(`${bytes(done.bytes)} freed: ${name} is gone from the cache.`);
  }

  /** One change at a time; the list is measured again after it. */
  async #alone<T>(work: () => Promise<T>): Promise<T> {
    this.busy = true;
    try {
      return await work();
    } finally {
      this.busy = false;
      await this.load();
    }
  }
}
