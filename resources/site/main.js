/* What is shown lies in the address (#s=SOURCE&f=FEATURE), so that back, forward and links work. */
(function () {
  'use strict';
  const site = globalThis.LoupeSite;
  const { count, make } = site.words;
  const at = (id) => document.getElementById(id);
  const state = { catalog: null, words: [], special: new Set(), source: null, feature: null, asked: 0 };

  function remembered(change) {
    try {
      if (change !== undefined) localStorage.setItem('loupe-theme', change);
      return localStorage.getItem('loupe-theme');
    } catch {
      return null;
    }
  }

  function fail(thrown) {
    at('feature').replaceChildren(make('p', 'error', thrown instanceof Error ? thrown.message : String(thrown)));
  }

  const address = () => new URLSearchParams(location.hash.slice(1));

  function go(source, feature, replace) {
    const hash = `#s=${source.id}${feature === null ? '' : `&f=${feature}`}`;
    if (replace) history.replaceState(null, '', hash);
    else location.hash = hash;
    void follow();
  }

  const open = (index) => go(state.source, index, state.feature !== null);

  const table = new site.Table(at('table'), open, (shown, all) => {
    const labelled = state.source === null ? 0 : state.source.labelled;
    at('state').textContent = shown === all ? `${count(all)} features, ${count(labelled)} labelled` : `${count(shown)} of ${count(all)} features`;
  });

  async function useSource(source) {
    state.source = source;
    state.feature = null;
    at('source').value = String(source.id);
    at('facts').textContent = [source.kind, source.hookPoint, source.modelName, `${count(source.tokens)} tokens`].filter((part) => part !== '').join(', ');
    table.show(await site.shard(`table-${source.place}`), state.words);
  }

  async function showFeature(index) {
    const { source } = state;
    const asked = ++state.asked;
    state.feature = index;
    table.select(index);
    if (index === null) {
      at('feature').replaceChildren(make('p', 'note quiet', 'Choose a feature in the list, or press J.'));
      return;
    }
    if (!table.has(index)) throw new Error(`Feature ${index} is not in this export.`);
    const shard = Math.floor(table.placeOf.get(index) / state.catalog.perShard);
    const features = await site.shard(`s${source.place}-${shard}`);
    if (asked !== state.asked) return;
    site.showFeature(at('feature'), features[table.placeOf.get(index) % state.catalog.perShard], { source, words: state.words, special: state.special, table, onopen: open });
  }

  async function follow() {
    try {
      const asked = address();
      const source = state.catalog.sources.find((one) => String(one.id) === asked.get('s')) ?? state.catalog.sources[0];
      if (source !== state.source) await useSource(source);
      const text = asked.get('f');
      await showFeature(text !== null && /^\d{1,9}$/.test(text) ? Number(text) : null);
    } catch (thrown) {
      fail(thrown);
    }
  }

  function step(by) {
    const next = table.step(by);
    if (next !== null) open(next);
  }

  function dark() {
    const { theme } = document.documentElement.dataset;
    return theme === undefined ? matchMedia('(prefers-color-scheme: dark)').matches : theme === 'dark';
  }

  function toggleTheme() {
    document.documentElement.dataset.theme = dark() ? 'light' : 'dark';
    remembered(document.documentElement.dataset.theme);
    if (state.catalog !== null) void follow();
  }

  function keydown(event) {
    const typing = event.target instanceof HTMLInputElement || event.target instanceof HTMLSelectElement;
    if (event.key === 'Escape' && typing) {
      if (event.target === at('search')) {
        at('search').value = '';
        table.set({ search: '' });
      }
      event.target.blur();
      return;
    }
    if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
    const keys = { j: () => step(1), ArrowDown: () => step(1), k: () => step(-1), ArrowUp: () => step(-1), '/': () => at('search').focus(), t: toggleTheme, Escape: () => go(state.source, null, false) };
    const act = keys[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (act === undefined) return;
    event.preventDefault();
    act();
  }

  function listen() {
    let timer;
    at('search').addEventListener('input', () => {
      clearTimeout(timer);
      timer = setTimeout(() => table.set({ search: at('search').value }), 100);
    });
    for (const name of ['labelled', 'dead']) at(name).addEventListener('change', () => table.set({ [name]: at(name).value }));
    at('source').addEventListener('change', () => go(state.catalog.sources.find((one) => String(one.id) === at('source').value), null, false));
    at('theme').addEventListener('click', toggleTheme);
    addEventListener('keydown', keydown);
    addEventListener('hashchange', () => void follow());
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => void follow());
  }

  async function start() {
    const theme = remembered();
    if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
    const [catalog, words] = await Promise.all([site.shard('catalog'), site.shard('words')]);
    Object.assign(state, { catalog, words: words.texts, special: new Set(words.special) });
    document.title = `${catalog.title} – features`;
    at('title').textContent = catalog.title;
    const choice = at('source');
    choice.hidden = catalog.sources.length < 2;
    choice.append(...catalog.sources.map((source) => {
      const option = make('option', '', `${source.name} (${count(source.features)})`);
      option.value = String(source.id);
      return option;
    }));
    listen();
    await follow();
  }

  start().catch(fail);
})();
