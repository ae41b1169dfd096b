/**
 * The panels of the feature page, in reading order: one line each. A panel is a component that takes the feature; it can be closed,
 * which is remembered, and then costs nothing.
 */
import ActivationPanel from './ActivationPanel.svelte';
import Examples from './Examples.svelte';
import LogitPanel from './LogitPanel.svelte';
import NeighbourPanel from './NeighbourPanel.svelte';
import type { PanelDefinition } from './panel.ts';

export const panels: readonly PanelDefinition[] = [
  { id: 'activations', title: 'Activations', meaning: 'How many tokens activate the feature how strongly, in 50 bins of equal width in log10', place: 'facts', component: ActivationPanel },
  { id: 'neighbours', title: 'Nearest by decoder cosine', meaning: 'The features of this dictionary whose decoder directions are nearest, by cosine', place: 'facts', component: NeighbourPanel },
  { id: 'logits', title: 'Effect on the next token', meaning: 'The tokens that the direction raises and lowers most by the direct path to the logits', place: 'facts', wide: true, component: LogitPanel },
  { id: 'together', title: 'Fires together with', meaning: 'Features that fire on the same tokens: tokens on which both fire / tokens on which either does', place: 'more', load: () => import('./TogetherPanel.svelte') },
  { id: 'across', title: 'Nearest in other dictionaries', meaning: 'The features of the workspace’s other dictionaries of the same width whose decoder directions are nearest, by cosine', place: 'more', closed: true, load: () => import('./AcrossPanel.svelte') },
  { id: 'correlated', title: 'Correlated features', meaning: 'Features of this dictionary by Pearson correlation over the counted tokens', place: 'more', load: () => import('./CorrelatedPanel.svelte') },
  { id: 'logit-histogram', title: 'Logit effects over the vocabulary', meaning: 'How many tokens the direction moves how far, in 50 bins of equal width', place: 'more', load: () => import('./LogitHistogramPanel.svelte') },
  { id: 'neurons', title: 'Correlated dimensions', meaning: 'Dimensions of the hook’s activation (neurons) by Pearson correlation over the counted tokens', place: 'more', load: () => import('./NeuronPanel.svelte') },
  { id: 'weights', title: 'Decoder weights', meaning: 'How the entries of the decoder row are distributed, and where it writes most', place: 'more', load: () => import('./WeightPanel.svelte') },
  { id: 'examples', title: 'Examples', meaning: 'Where it fires: the strongest, and random ones from each fifth of its range', place: 'main', component: Examples },
  { id: 'test', title: 'Test on your text', meaning: 'Type text and see this feature fire on it, live', place: 'more', wide: true, load: () => import('./TestBox.svelte') },
  { id: 'steering', title: 'Steering', meaning: "What the model writes when the feature's direction is added, beside what it writes without", place: 'main', load: () => import('./SteeringBox.svelte') },
  { id: 'ablation', title: 'Effect on the loss', meaning: "How much worse the next tokens of an example are predicted when the feature's contribution is taken away", place: 'main', load: () => import('./AblationPanel.svelte') },
  { id: 'people', title: 'Lists and comments', meaning: 'The lists that hold the feature, what people say about it, and every label that it had with its scores', place: 'more', wide: true, load: () => import('./PeoplePanel.svelte') },
];

const ids = new Set(panels.map((panel) => panel.id));
if (ids.size !== panels.length) throw new Error('Two panels have the same id.');
