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
  { id: 'examples', title: 'Examples', meaning: 'Where it fires: the strongest, and random ones from each fifth of its range', place: 'main', component: Examples },
];

const ids = new Set(panels.map((panel) => panel.id));
if (ids.size !== panels.length) throw new Error('Two panels have the same id.');
