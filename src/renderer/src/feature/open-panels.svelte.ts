/** Which panels of the feature page are open: one answer for the window, remembered between visits. */
import { isBoolean, recall, remember } from '../app/preferences.ts';
import type { PanelDefinition } from './panel.ts';

class OpenPanels {
  #changed = $state.raw<Readonly<Record<string, boolean>>>({});

  isOpen({ id, closed }: Pick<PanelDefinition, 'id' | 'closed'>): boolean {
    return this.#changed[id] ?? recall(`panel.${id}`, !(closed ?? false), isBoolean);
  }

  toggle(panel: Pick<PanelDefinition, 'id' | 'closed'>): void {
    const open = !this.isOpen(panel);
    this.#changed = { ...this.#changed, [panel.id]: open };
    remember(`panel.${panel.id}`, open);
  }
}

export const openPanels = new OpenPanels();
