/* One feature: its figures, what people named it, its histograms, what it makes likelier, its examples, its relations (panels.js), its provenance. */
(function () {
  'use strict';
  const site = (globalThis.LoupeSite = globalThis.LoupeSite || {});
  const { count, significant, fixed, signed, percent, oneLine, quoted, make } = site.words;

  function stats(feature, tokens) {
    const list = make('dl', 'stats');
    const rows = [
      ['density', percent(feature.density), 'Share of tokens on which the feature fires: firings / tokens'], ['firings', count(feature.firings), 'Tokens on which it fires'],
      ['maximum', significant(feature.max, 4), 'Largest activation over all tokens'],
      ...(feature.min < 0 ? [['minimum', significant(feature.min, 4), 'Least activation over all tokens: it fires below 0 too']] : []), ['mean', significant(feature.mean, 4), 'Mean activation over the tokens on which it fires'],
      ['tokens', count(tokens), 'Tokens that were looked at'],
    ];
    for (const [name, value, tip] of rows) {
      const pair = make('div', '', make('dt', '', name), make('dd', '', value));
      pair.title = tip;
      list.append(pair);
    }
    return list;
  }

  function scoreText(score) {
    const interval = score.low === null ? `n = ${count(score.n)}` : `${fixed(score.low, 2)}–${fixed(score.high, 2)}, n = ${count(score.n)}`;
    return `${score.scorer} ${fixed(score.value, 2)} (${interval})`;
  }

  function history(labels) {
    const list = make('ol', 'history', ...labels.map((label) => make('li', '',
      make('span', 'clip', oneLine(label.text)), make('span', 'badge', label.undone ? 'undone' : label.kind), label.confidence === null ? null : make('span', 'number', `${label.confidence}/5`),
      make('span', 'quiet', `${label.author === '' ? '' : `${oneLine(label.author)}, `}${label.at.slice(0, 16).replace('T', ' ')}`))));
    return make('details', '', make('summary', '', `History of labels (${labels.length})`), list);
  }

  function named(feature) {
    const current = feature.labels.find((label) => label.current);
    const box = make('section', 'named');
    box.setAttribute('aria-label', 'Label');
    if (current === undefined) box.append(make('p', 'quiet', 'No label yet.'));
    else {
      box.append(make('div', 'line', make('span', 'what', oneLine(current.text)), make('span', 'badge', current.kind),
        current.confidence === null ? null : make('span', 'badge', `confidence ${current.confidence}/5`),
        ...current.scores.map((score) => make('span', 'badge', scoreText(score))),
        make('span', 'quiet', `${current.author === '' ? '' : `${oneLine(current.author)}, `}${current.at.slice(0, 10)}`)));
      if (current.notes !== '') box.append(make('p', 'notes', current.notes));
    }
    if (feature.labels.length > 1) box.append(history(feature.labels));
    if (feature.comments.length > 0) {
      box.append(make('details', '', make('summary', '', `Comments (${feature.comments.length})`),
        ...feature.comments.map((comment) => make('p', 'comment', `${oneLine(comment.author)}, ${comment.at.slice(0, 10)}: ${comment.text}`))));
    }
    return box;
  }

  /** Counts in bins of equal width in log10(activation): above 0, and below 0 by size where it fires there. */
  function histograms(feature) {
    const box = make('div', '', make('h3', '', 'Activations'));
    const draw = (bins, axis, hue, label) => site.histogram({ bins, log: true, axis, unit: 'firings', hue, label });
    const above = draw(feature.histogram, 'activation (log scale)', 'above', `Histogram of the activations of feature ${feature.index} above 0`);
    const below = feature.min < 0 && feature.below !== null ? draw(feature.below, 'activation below 0, without its sign (log scale)', 'below', `Histogram of the activations of feature ${feature.index} below 0`) : null;
    for (const chart of [above, below]) if (chart !== null) box.append(chart);
    if (above === null && below === null) box.append(make('p', 'quiet', feature.firings === 0 ? 'It never fired.' : 'Not stored in this catalog.'));
    return box;
  }

  function logits(title, rows, way, scale, words) {
    const box = make('div', '', make('h3', '', title));
    if (rows.length === 0) box.append(make('p', 'quiet', 'Not stored in this catalog.'));
    const table = make('table', `logits ${way}`, make('tbody', '', ...rows.map(([id, value]) => {
      const bar = make('span', '');
      bar.style.width = `${scale > 0 ? (Math.abs(value) / scale) * 100 : 0}%`;
      return make('tr', '', make('td', 'token', make('span', 'mono', quoted(words[id] ?? ''))), make('td', 'effect', bar), make('td', 'number', signed(value)));
    })));
    box.append(table);
    return box;
  }

  /** Fills `element` with a feature. `context`: the source, its words and special words, the table, and what opens another feature. */
  site.showFeature = (element, feature, context) => {
    const { source, words, special } = context;
    const scale = Math.max(0, ...[...feature.up, ...feature.down].map(([, value]) => Math.abs(value)));
    const title = make('div', 'title', make('h1', '', 'Feature ', make('span', 'mono', count(feature.index))), feature.firings === 0 ? make('span', 'badge warn', 'dead') : null);
    const body = make('div', 'body', named(feature),
      make('div', 'facts', histograms(feature), logits('Makes likelier', feature.up, 'up', scale, words), logits('Makes less likely', feature.down, 'down', scale, words), site.neighbours(feature, context)),
      site.examplesOf(feature, words, special), site.morePanels(feature, context),
      make('details', '', make('summary', '', 'Provenance of this source'), make('pre', 'json mono', JSON.stringify(source.provenance, null, 2))));
    element.setAttribute('aria-label', `Feature ${feature.index}`);
    element.replaceChildren(make('header', '', title, stats(feature, source.tokens)), body);
  };
})();
