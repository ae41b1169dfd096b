/* One feature: its figures, what people named it, its histogram, what it makes likelier, its neighbours, its examples, its provenance. */
(function () {
  'use strict';
  const site = (globalThis.LoupeSite = globalThis.LoupeSite || {});
  const { count, significant, fixed, signed, percent, oneLine, quoted, make } = site.words;
  const svg = (tag, attributes, text) => {
    const element = document.createElementNS('http://www.w3.org/2000/svg', tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
    if (text !== undefined) element.textContent = text;
    return element;
  };

  function stats(feature, tokens) {
    const list = make('dl', 'stats');
    const rows = [
      ['density', percent(feature.density), 'Share of tokens on which the feature fires: firings / tokens'], ['firings', count(feature.firings), 'Tokens on which it fires'],
      ['maximum', significant(feature.max, 4), 'Largest activation over all tokens'], ['mean', significant(feature.mean, 4), 'Mean activation over the tokens on which it fires'],
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

  /** Counts in bins of equal width in log10(activation), as an SVG. */
  function histogram(feature) {
    const box = make('div', '', make('h3', '', 'Activations'));
    const [low, high, ...counts] = feature.histogram;
    const most = Math.max(0, ...counts);
    if (most === 0) {
      box.append(make('p', 'quiet', feature.firings === 0 ? 'It never fired.' : 'Not stored in this catalog.'));
      return box;
    }
    const [width, height, left, bottom] = [400, 170, 44, 34];
    const chart = svg('svg', { viewBox: `0 0 ${width} ${height}`, class: 'chart', role: 'img', 'aria-label': `Histogram of ${count(feature.firings)} activations` });
    const place = (share) => left + share * (width - left - 8);
    const rise = (n) => (height - bottom - 8) * (n / most);
    for (const part of [0, 0.5, 1]) {
      const y = height - bottom - rise(part * most);
      chart.append(svg('line', { x1: left, x2: width - 8, y1: y, y2: y }), svg('text', { x: left - 6, y: y + 4, 'text-anchor': 'end' }, count(part * most)));
      const activation = 10 ** (low + part * (high - low));
      chart.append(svg('text', { x: place(part), y: height - bottom + 14, 'text-anchor': part === 0 ? 'start' : part === 1 ? 'end' : 'middle' }, significant(activation, 2)));
    }
    chart.append(svg('text', { x: place(0.5), y: height - 4, 'text-anchor': 'middle' }, 'activation (log scale)'));
    counts.forEach((n, i) => {
      if (n === 0) return;
      const from = 10 ** (low + (i * (high - low)) / counts.length);
      const to = 10 ** (low + ((i + 1) * (high - low)) / counts.length);
      const bar = svg('rect', { x: place(i / counts.length) + 0.5, width: Math.max(1, (width - left - 8) / counts.length - 1), y: height - bottom - Math.max(1, rise(n)), height: Math.max(1, rise(n)) });
      bar.append(svg('title', {}, `${significant(from)} to ${significant(to)}: ${count(n)} firings`));
      chart.append(bar);
    });
    box.append(chart);
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

  function neighbours(feature, table, onopen) {
    const box = make('div', 'near', make('h3', '', 'Nearest by decoder cosine'));
    if (feature.neighbours.length === 0) box.append(make('p', 'quiet', 'Not stored in this catalog.'));
    box.append(make('ul', '', ...feature.neighbours.map(([index, cosine]) => {
      const label = table.labelOf(index);
      const button = make('button', '', make('span', 'number index', count(index)), make('span', `clip${label === null ? ' quiet' : ''}`, label === null ? (table.has(index) ? 'no label' : 'not in this export') : oneLine(label)), make('span', 'number', fixed(cosine, 3)));
      button.type = 'button';
      button.disabled = !table.has(index);
      button.addEventListener('click', () => onopen(index));
      return make('li', '', button);
    })));
    return box;
  }

  /** Fills `element` with a feature. `context`: the source, its words and special words, the table, and what opens another feature. */
  site.showFeature = (element, feature, context) => {
    const { source, words, special, table, onopen } = context;
    const scale = Math.max(0, ...[...feature.up, ...feature.down].map(([, value]) => Math.abs(value)));
    const title = make('div', 'title', make('h1', '', 'Feature ', make('span', 'mono', count(feature.index))), feature.firings === 0 ? make('span', 'badge warn', 'dead') : null);
    const body = make('div', 'body', named(feature),
      make('div', 'facts', histogram(feature), logits('Makes likelier', feature.up, 'up', scale, words), logits('Makes less likely', feature.down, 'down', scale, words), neighbours(feature, table, onopen)),
      site.examplesOf(feature, words, special),
      make('details', '', make('summary', '', 'Provenance of this source'), make('pre', 'json mono', JSON.stringify(source.provenance, null, 2))));
    element.setAttribute('aria-label', `Feature ${feature.index}`);
    element.replaceChildren(make('header', '', title, stats(feature, source.tokens)), body);
  };
})();
