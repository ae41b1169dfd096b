/** Switching to another workspace: which ones there are, what has to be confirmed, and going there. */
import type { RecentWorkspace } from '../../../shared/schema/disk.ts';
import { toErrorBody } from '../../../shared/errors.ts';
import { notices } from './notices.svelte.ts';
import { session } from './session.svelte.ts';

/** What stands between the user and the other workspace. */
interface Question {
  readonly path: string;
  readonly message: string;
  readonly title: string;
  readonly go: string;
  readonly answer: { readonly create: boolean; readonly interrupt: boolean };
}

export const folderName = (path: string): string => path.split(/[\\/]/).filter(Boolean).at(-1) ?? path;

class Workspaces {
  recent = $state.raw<readonly RecentWorkspace[]>([]);
  /** The dialog that chooses a folder is shown. */
  choosing = $state(false);
  question = $state.raw<Question | null>(null);
  switching = $state(false);

  async load(): Promise<void> {
    this.recent = (await session.attempt('workspace.recent', {}))?.workspaces ?? this.recent;
  }

  /** Goes to the workspace at `path`, or asks first. `agreed` is what the user has agreed to so far. */
  async go(path: string, agreed: Question['answer'] = { create: false, interrupt: false }): Promise<void> {
    this.question = null;
    this.choosing = false;
    this.switching = true;
    try {
      const { address } = await session.invoke('workspace.switch', { path, ...agreed });
      if (address !== null) this.#elsewhere(path, address);
    } catch (thrown) {
      const error = toErrorBody(thrown);
      if (error.kind === 'not-found' && !agreed.create) {
        this.question = { path, title: `Make a workspace in ${folderName(path)}?`, message: 'Loupe makes its folders there (models, corpora, activations, dictionaries, catalogs, runs) and touches nothing else.', go: 'Make it and switch', answer: { ...agreed, create: true } };
      } else if (error.kind === 'conflict' && !agreed.interrupt) {
        this.question = { path, title: 'Interrupt what is running?', message: `${error.message}.`, go: 'Interrupt and switch', answer: { ...agreed, interrupt: true } };
      } else notices.fail(error);
    } finally {
      this.switching = false;
    }
  }

  /** Another Loupe has it open. A browser goes there; a window of our own cannot leave its host. */
  #elsewhere(path: string, address: string): void {
    if (session.system?.host !== 'electron') location.assign(address);
    else notices.say(`${folderName(path)} is open in another Loupe: ${address.replace(/#.*/, '')}. Close it there to open it here.`, null, 12_000);
  }
}

export const workspaces = new Workspaces();
