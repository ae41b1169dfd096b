/**
 * Every command of `loupe`. A command is one file and one line here; the file exports `command: CliCommand`.
 *
 * Files are loaded when their command runs, so that `loupe --help` needs none of them.
 */
import type { CliCommand } from '../command.ts';

export interface RegisteredCommand {
  /** "train", or "catalog build". */
  readonly name: string;
  readonly summary: string;
  readonly load: () => Promise<{ readonly command: CliCommand }>;
}

export const registry: readonly RegisteredCommand[] = [
  { name: 'demo', summary: 'The main job on the sample model, from nothing to a catalog with its studio', load: () => import('./demo.ts') },
  { name: 'doctor', summary: 'What was found on this machine, what was refused and why', load: () => import('./doctor.ts') },
  { name: 'serve', summary: 'Serve the studio to a browser on this machine', load: () => import('./serve.ts') },
  { name: 'studio', summary: 'Open the studio', load: () => import('./studio.ts') },
  { name: 'models list', summary: 'Models in the workspace and in other programs\' folders', load: () => import('./models-list.ts') },
  { name: 'models inspect', summary: 'Family, sizes and hooks of a model, without loading its weights', load: () => import('./models-inspect.ts') },
  { name: 'harvest', summary: 'Run a model over a corpus and store its activations at one or several hooks', load: () => import('./harvest.ts') },
  { name: 'data chess', summary: 'Chess games by self-play, or those of a PGN file, as transcripts to train on', load: () => import('./data-chess.ts') },
  { name: 'train', summary: 'Train a dictionary on stored activations', load: () => import('./train.ts') },
  { name: 'sweep', summary: 'Train many dictionaries in one pass and compare them', load: () => import('./sweep.ts') },
  { name: 'eval', summary: 'How well a dictionary reconstructs stored activations', load: () => import('./eval.ts') },
  { name: 'lm params', summary: 'How many parameters a language model has, by part, and what training it takes', load: () => import('./lm-params.ts') },
  { name: 'lm train', summary: 'Train a language model on text', load: () => import('./lm-train.ts') },
  { name: 'lm eval', summary: 'Loss and perplexity of a language model', load: () => import('./lm-eval.ts') },
  { name: 'lm sparsity', summary: 'How many units of a language model fire, and what it loses when only the largest stay', load: () => import('./lm-sparsity.ts') },
  { name: 'lm experts', summary: 'Which experts of a model belong to which kind of text', load: () => import('./lm-experts.ts') },
  { name: 'lm purge', summary: 'Switch the experts of one domain off and see the loss of each', load: () => import('./lm-purge.ts') },
  { name: 'lm catalog', summary: "The units of a model's layers over a text as one catalog, a source a layer", load: () => import('./lm-catalog.ts') },
  { name: 'lm generate', summary: 'What a language model writes behind a text', load: () => import('./lm-generate.ts') },
  { name: 'lm upcycle', summary: 'Make a mixture of experts of a trained dense GPT, to be trained on with lm train --from', load: () => import('./lm-upcycle.ts') },
  { name: 'lm sweep', summary: 'Train several language models, measure them alike and compare them', load: () => import('./lm-sweep.ts') },
  { name: 'prompt', summary: 'The strongest features of each token of a text', load: () => import('./prompt.ts') },
  { name: 'steer', summary: "What a model writes with a feature's direction added, beside what it writes without", load: () => import('./steer.ts') },
  { name: 'convert', summary: 'Bring a dictionary from one format to another', load: () => import('./convert.ts') },
  { name: 'analyse dark-matter', summary: "How much of a dictionary's error is a linear function of its input", load: () => import('./analyse-dark-matter.ts') },
  { name: 'analyse afa', summary: 'Over- and under-activation of a dictionary: epsilon-LBO and the norms of its codes', load: () => import('./analyse-afa.ts') },
  { name: 'analyse atoms', summary: 'Coherence, uniqueness, stability and faithfulness of a dictionary', load: () => import('./analyse-atoms.ts') },
  { name: 'analyse compare', summary: 'How alike two dictionaries are', load: () => import('./analyse-compare.ts') },
  { name: 'analyse sources', summary: 'Which latents of a crosscoder belong to which source', load: () => import('./analyse-sources.ts') },
  { name: 'analyse itda', summary: 'How alike two models are by which tokens became atoms', load: () => import('./analyse-itda.ts') },
  { name: 'bench train', summary: 'Time training steps on synthetic activations', load: () => import('./bench-train.ts') },
  { name: 'bench itda', summary: 'Time the building of an ITDA dictionary on synthetic activations', load: () => import('./bench-itda.ts') },
  { name: 'bench forward', summary: 'Time forward passes to a hook', load: () => import('./bench-forward.ts') },
  { name: 'bench lm', summary: 'Time training steps of a language model', load: () => import('./bench-lm.ts') },
  { name: 'bench studio', summary: 'Time the studio in Chromium on a large catalog', load: () => import('./bench-studio.ts') },
  { name: 'catalog build', summary: 'Describe every feature of a dictionary over a store, in one file', load: () => import('./catalog-build.ts') },
  { name: 'catalog info', summary: 'What a catalog holds', load: () => import('./catalog-info.ts') },
  { name: 'catalog verify', summary: 'Check that a catalog is whole and unharmed', load: () => import('./catalog-verify.ts') },
  { name: 'catalog export', summary: 'Write a catalog or a part of it as .loupe, web site, Neuronpedia JSONL, CSV or Parquet', load: () => import('./catalog-export.ts') },
  { name: 'catalog import', summary: 'Copy a catalog from someone else, each row checked, or make one of a Neuronpedia export', load: () => import('./catalog-import.ts') },
  { name: 'catalog merge', summary: "A teammate's labels, remarks and lists into a catalog of yours", load: () => import('./catalog-merge.ts') },
  { name: 'catalog search', summary: 'Find words in labels and examples, or features by meaning', load: () => import('./catalog-search.ts') },
  { name: 'catalog embed', summary: 'Give each feature a direction of meaning, by a local sentence encoder', load: () => import('./catalog-embed.ts') },
  { name: 'catalog map', summary: 'Lay the features out in the plane by their decoder directions', load: () => import('./catalog-map.ts') },
  { name: 'label', summary: 'First guesses of labels for the features of a catalog, with their scores', load: () => import('./label.ts') },
];
