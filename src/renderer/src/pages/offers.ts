/** What each page can do, told without loading it: the palette lists it everywhere. A browser test compares this with what pages add. */

/** An action of a page: the palette goes to the page, and runs the action there when the page has added it. */
export interface Offer {
  /** The action's own id; of an address alone any id, with `act: false`. */
  readonly id: string;
  readonly title: string;
  readonly keys?: readonly string[];
  readonly rest?: readonly string[];
  readonly query?: Readonly<Record<string, string>>;
  readonly act?: false;
}

const route = (id: string, title: string, rest: readonly string[], query: Readonly<Record<string, string>> = {}): Offer => ({ id, title, rest, query, act: false });

export const workspaceOffers: readonly Offer[] = [
  { id: 'add.model', title: 'Add a model' },
  { id: 'add.corpus', title: 'Add a corpus' },
  { id: 'add.store', title: 'Add an activation store' },
  { id: 'add.dictionary', title: 'Add a dictionary' },
  { id: 'add.catalog', title: 'Add a catalog' },
];

export const runsOffers: readonly Offer[] = [
  { id: 'runs.new', title: 'New run', keys: ['N'] },
  route('new.demo', 'Run the sample', ['new'], { kind: 'demo' }),
  route('new.harvest', 'Harvest activations', ['new'], { kind: 'harvest' }),
  route('new.train', 'Train a dictionary', ['new'], { kind: 'train' }),
  route('new.lm-train', 'Train a language model', ['new'], { kind: 'lm-train' }),
  route('new.catalog-build', 'Build a catalog', ['new'], { kind: 'catalog-build' }),
];

export const featuresOffers: readonly Offer[] = [
  { id: 'features.search', title: 'Search features', keys: ['/'] },
  { id: 'features.meaning', title: 'Search by meaning', keys: ['M'] },
  { id: 'features.filters', title: 'Filter the features', keys: ['F'] },
  { id: 'features.columns', title: 'Choose the columns of the table', keys: ['O'] },
  { id: 'features.views', title: 'Saved views of the table', keys: ['V'] },
  { id: 'features.histogram', title: 'Density histogram', keys: ['H'] },
  { id: 'features.scatter', title: 'Scatter of features', keys: ['D'] },
  { id: 'features.map', title: 'Map of decoder directions', keys: ['P'] },
  { id: 'features.markAll', title: 'Mark all features of the list', keys: ['Mod+A'] },
];

export const promptOffers: readonly Offer[] = [
  { id: 'prompt.text', title: 'Go to the text', keys: ['/'] },
  { id: 'prompt.rank', title: 'Next way of ranking', keys: ['M'] },
  { id: 'prompt.compare', title: 'Compare two prompts', keys: ['C'] },
  { id: 'prompt.export', title: 'Export this prompt as JSON' },
];

export const modelsOffers: readonly Offer[] = [{ id: 'models.train', title: 'Train a model', keys: ['N'] }, { id: 'models.compare', title: 'Compare trained models', keys: ['V'] }, { id: 'models.find', title: 'Look for models again' }];

export const sparsityOffers: readonly Offer[] = [{ id: 'sparsity.new', title: 'New study of sparsity', keys: ['N'] }];

export const settingsOffers: readonly Offer[] = [
  { id: 'settings.examine', title: 'Examine this machine' },
  { id: 'settings.trash', title: 'Empty the trash' },
  route('settings.disk', 'Show disk use', [], { to: 'disk' }),
  route('settings.memory', 'Show memory use', [], { to: 'memory' }),
];
