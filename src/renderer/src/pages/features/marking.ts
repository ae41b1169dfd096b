/** How rows of the table are marked, by key and by mouse. */
import { featureList } from '../../feature/list.svelte.ts';
import { marked } from '../../feature/marked.svelte.ts';

export interface MarkingOptions {
  /** The feature that is open. */
  readonly open: () => number | null;
  /** Opens a feature; the marks stay. */
  readonly show: (index: number) => void;
}

export class Marking {
  readonly #options: MarkingOptions;
  /** Steps follow each other: the next one starts where the last one ended, however quickly the key repeats. */
  #walking: Promise<void> = Promise.resolve();

  constructor(options: MarkingOptions) {
    this.#options = options;
  }

  /** Marks the open feature or takes its mark away; with none open, the first of the list is opened and marked. */
  async toggleOpen(): Promise<void> {
    const index = this.#options.open();
    if (index !== null) marked.toggle(index);
    else await this.walk(1);
  }

  /** Marks from the anchor (else the open feature) to `index`. */
  async extendTo(index: number): Promise<void> {
    marked.extend(await featureList.run(marked.anchor ?? this.#options.open() ?? index, index));
  }

  /** Marks up to the next feature, or the one before (`by` -1), and opens it. */
  walk(by: 1 | -1): Promise<void> {
    this.#walking = this.#walking.then(() => this.#step(by), () => this.#step(by));
    return this.#walking;
  }

  async #step(by: 1 | -1): Promise<void> {
    const from = marked.head ?? this.#options.open();
    const to = from === null ? (await featureList.wait(by > 0 ? 0 : Math.max(0, (featureList.total ?? 1) - 1)))?.index : ((await featureList.step(from, by)) ?? from);
    if (to === undefined) return;
    await this.extendTo(to);
    this.#options.show(to);
  }

  /** Marks every feature of the list as well. */
  async all(): Promise<void> {
    marked.add(await featureList.order());
  }
}
