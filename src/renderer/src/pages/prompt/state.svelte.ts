/** What the Prompt page knows beside its address: the answers, what dictionaries say about themselves, what features are called. */
import { type ErrorBody, toErrorBody } from '../../../../shared/errors.ts';
import type { CommandOutput } from '../../../../shared/contract.ts';
import type { Encoded, FeatureName } from '../../../../shared/schema/live.ts';
import type { FoundModel } from '../../../../shared/schema/workspace.ts';
import { session } from '../../app/session.svelte.ts';
import { Latest } from '../../live/latest.ts';
import type { PromptView } from './address.ts';

export type DictionaryInfo = CommandOutput<'live.dictionary'>;
type Side = 0 | 1;

/** Latents a token that are fetched: rankings and rows are made of these. */
const top = 64;
/** Features whose names are fetched at once. */
const mostNames = 400;

export interface Reading {
  readonly encoded: Encoded;
  readonly text: string;
}

export class PromptState {
  readings = $state.raw<readonly [Reading | null, Reading | null]>([null, null]);
  errors = $state.raw<readonly [ErrorBody | null, ErrorBody | null]>([null, null]);
  busy = $state.raw<readonly [boolean, boolean]>([false, false]);
  models = $state.raw<readonly FoundModel[] | null>(null);
  infos = $state.raw<ReadonlyMap<string, DictionaryInfo>>(new Map());
  /** Hooks of the chosen model with their widths. */
  hooks = $state.raw<readonly { readonly name: string; readonly d: number }[]>([]);
  infoError = $state.raw<ErrorBody | null>(null);
  /** What features of the open catalog's matching source are called, by dictionary hash. */
  names = $state.raw<ReadonlyMap<string, ReadonlyMap<number, FeatureName>>>(new Map());
  readonly #sides: readonly [Latest<PromptView, Encoded>, Latest<PromptView, Encoded>];

  constructor() {
    this.#sides = [this.#side(0), this.#side(1)];
  }

  #side(side: Side): Latest<PromptView, Encoded> {
    const put = <T>(pair: readonly [T, T], value: T): readonly [T, T] => (side === 0 ? [value, pair[1]] : [pair[0], value]);
    return new Latest<PromptView, Encoded>({
      pause: 200,
      ask: (view) => session.invoke('live.encode', {
        model: view.model, prompt: { text: view.texts[side], chat: view.chat, lead: view.lead },
        dictionaries: view.dictionaries.flatMap((path, i) => (path === '' ? [] : [{ path, hook: view.hooks[i as Side] || null }])), top, rows: [], predictions: true,
      }),
      onAnswer: (encoded, view) => {
        this.readings = put(this.readings, { encoded, text: view.texts[side] });
        this.errors = put(this.errors, null);
        void this.name(encoded);
      },
      onError: (thrown) => {
        this.errors = put(this.errors, toErrorBody(thrown));
        this.readings = put(this.readings, null);
      },
      onBusy: (busy) => { this.busy = put(this.busy, busy); },
    });
  }

  /** Asks about the side's text, if there is one and something to read it with. */
  read(view: PromptView, side: Side, now: boolean): void {
    if (view.model !== '' && view.texts[side].trim() !== '' && (side === 0 || view.compare)) return this.#sides[side].want(view, now);
    this.#sides[side].cancel();
    this.readings = side === 0 ? [null, this.readings[1]] : [this.readings[0], null];
    this.errors = side === 0 ? [null, this.errors[1]] : [this.errors[0], null];
  }

  async findModels(): Promise<void> {
    if (this.models === null) this.models = (await session.attempt('models.find', {}))?.models ?? [];
  }

  #inspected = '';

  /** The hooks of a model, for a dictionary that is tried at another hook than its own. */
  async inspect(path: string): Promise<void> {
    if (path === this.#inspected || path === '') return;
    this.#inspected = path;
    this.hooks = [];
    const info = await session.attempt('models.inspect', { path });
    if (this.#inspected === path && info !== undefined) this.hooks = info.hooks;
  }

  /** What a dictionary says about itself, asked once. */
  async inform(path: string): Promise<DictionaryInfo | null> {
    const known = this.infos.get(path);
    if (known !== undefined) return known;
    try {
      const info = await session.invoke('live.dictionary', { path });
      this.infos = new Map([...this.infos, [path, info]]);
      this.infoError = null;
      return info;
    } catch (thrown) {
      this.infoError = toErrorBody(thrown);
      return null;
    }
  }

  /** Fetches the names of the features that the answer shows, where the open catalog is of one of its dictionaries. */
  async name(encoded: Encoded): Promise<void> {
    for (const dictionary of encoded.dictionaries) {
      const source = session.catalog?.sources.find((one) => one.dictionaryHash === dictionary.hash);
      if (source === undefined || session.catalog === null) continue;
      const known = this.names.get(dictionary.hash) ?? new Map<number, FeatureName>();
      const wanted = strongestOf(dictionary.indices.data, dictionary.values.data).filter((index) => !known.has(index)).slice(0, mostNames);
      if (wanted.length === 0) continue;
      const found = await session.attempt('live.names', { catalog: session.catalog.catalog, source: source.id, indices: wanted });
      if (found !== undefined) this.names = new Map([...this.names, [dictionary.hash, new Map([...known, ...found.names.map((one): [number, FeatureName] => [one.index, one])])]]);
    }
  }

  /** Labels may have changed. */
  forgetNames(): void {
    this.names = new Map();
    for (const reading of this.readings) if (reading !== null) void this.name(reading.encoded);
  }

  stop(): void {
    this.#sides.forEach((side) => side.cancel());
  }
}

/** Indices by their largest value, falling. */
function strongestOf(indices: ArrayLike<number>, values: ArrayLike<number>): number[] {
  const most = new Map<number, number>();
  for (let i = 0; i < indices.length; i++) {
    const value = Math.abs(values[i]!);
    if (value > (most.get(indices[i]!) ?? 0)) most.set(indices[i]!, value);
  }
  return [...most].sort((a, b) => b[1] - a[1]).map(([index]) => index);
}
