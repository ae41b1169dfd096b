/** What each kind of thing in a workspace is called, is for, and can be used for next. Pure. */
import type { ItemKind } from '../../../../shared/schema/workspace.ts';

export interface KindWords {
  readonly kind: ItemKind;
  readonly title: string;
  readonly one: string;
  /** What it is, for the empty section. */
  readonly about: string;
  /** What the folder browser looks for. */
  readonly accepts: string;
  /** The next step: its button, and the run form it fills. */
  readonly next: { readonly title: string; readonly run: string; readonly field: string } | null;
}

export const kinds: readonly KindWords[] = [
  { kind: 'model', title: 'Models', one: 'model', accepts: 'a folder with config.json and *.safetensors, or a .gguf file', next: { title: 'Harvest', run: 'harvest', field: 'model' },
    about: 'Language models on disk. They are linked where they lie, never copied.' },
  { kind: 'corpus', title: 'Corpora', one: 'corpus', accepts: 'a .txt, .md, .jsonl or .parquet file, or a folder of them', next: { title: 'Harvest', run: 'harvest', field: 'corpus' },
    about: 'Text to read with a model: plain text, JSONL, Parquet, or a folder of such files.' },
  { kind: 'store', title: 'Activation stores', one: 'activation store', accepts: 'a folder with the manifest of a harvest', next: { title: 'Train', run: 'train', field: 'activations' },
    about: 'A model’s activations at one hook over a corpus. A harvest makes one.' },
  { kind: 'dictionary', title: 'Dictionaries', one: 'dictionary', accepts: 'a folder with cfg.json and sae_weights.safetensors', next: { title: 'Build catalog', run: 'catalog-build', field: 'dictionary' },
    about: 'Sparse dictionaries: trained here, or any SAELens folder.' },
  { kind: 'catalog', title: 'Catalogs', one: 'catalog', accepts: 'a .loupe file', next: null,
    about: 'Features with their statistics, examples and labels, in one .loupe file.' },
];

export const origins = { sample: 'Sample', loupe: 'Comes with Loupe', 'hugging-face': 'Hugging Face cache', 'lm-studio': 'LM Studio', ollama: 'Ollama', workspace: 'Workspace' } as const;

/** "a model", "an activation store". */
export function article(noun: string): string {
  return `${/^[aeiou]/i.test(noun) ? 'an' : 'a'} ${noun}`;
}
