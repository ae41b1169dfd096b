/* What a feature is beside others: neighbours, what fires with it, correlations, its weights, its effect on the whole vocabulary. */
(function () {
  'use strict';
  const site = (globalThis.LoupeSite = globalThis.LoupeSite || {});
  const { count, significant, fixed, signed, percent, oneLine, make } = site.words;

  function panel(title, meaning, ...content) {
    const heading = make('h3', '', title);
    heading.title = meaning;
    return make('div', 'panel', heading, ...content);
  }

  const note = (text) => make('p', 'quiet', text);

  /** Other features as a list: a click opens one. `rows`: [{index, figure, tip}]. */
  function links(rows, none, { table, onopen }) {
    if (rows.length === 0) return note(none);
    return make('ul', 'near', ...rows.map(({ index, figure, tip }) => {
      const label = table.labelOf(index);
      const shown = label === null ? (table.has(index) ? 'no label' : 'not in this export') : oneLine(label);
      const button = make('button', '', make('span', 'number index', count(index)), make('span', `clip${label === null ? ' quiet' : ''}`, shown), make('span', 'number', figure));
      button.type = 'button';
      button.title = tip;
      button.disabled = !table.has(index);
      button.addEventListener('click', () => onopen(index));
      return make('li', '', button);
    }));
  }

  site.neighbours = (feature, context) => panel('Nearest by decoder cosine', 'The features of this dictionary whose decoder directions are nearest, by cosine',
    links(feature.neighbours.map(([index, cosine]) => ({ index, figure: fixed(cosine, 3), tip: `Cosine ${fixed(cosine, 4)}` })), 'Not stored in this catalog.', context));

  function together(feature, extras, context) {
    const rows = extras.together.map(([index, both, jaccard]) => ({
      index, figure: percent(jaccard, 2), tip: `Both fire on ${count(both)} tokens: ${percent(both / Math.max(1, feature.firings))} of this feature's firings`,
    }));
    return links(rows, 'Nothing else fires on its tokens.', context);
  }

  function correlated(extras, context) {
    const tip = `Pearson correlation over ${count(context.source.tokens)} tokens`;
    return links(extras.correlated.map(([index, r]) => ({ index, figure: signed(r, 3), tip })), 'No feature fires on the same tokens with a correlation above 0.', context);
  }

  function neurons(extras, context) {
    if (extras.neurons.length === 0) return note('No dimension correlates with it above 0.');
    return site.bars(extras.neurons.map(([dimension, r]) => ({
      name: count(dimension), share: r, figure: signed(r, 3), tip: `Dimension ${dimension}: Pearson correlation ${signed(r, 4)} over ${count(context.source.tokens)} tokens`,
    })));
  }

  function logits(feature, extras) {
    if (extras.logits === null) return note('The directions of this dictionary do not reach the logits directly.');
    const chart = site.histogram({ bins: extras.logits, log: false, axis: 'logit effect', unit: 'tokens', hue: 'plain', label: `Histogram of feature ${feature.index}'s logit effects over the vocabulary` });
    return chart === null || extras.logits[0] === extras.logits[1] ? note('It moves no token more than another.') : chart;
  }

  function heads(norms) {
    const sum = norms.reduce((a, b) => a + b, 0);
    return [make('h3', 'inner', 'Share of the norm by head'), site.bars(norms.map((norm, head) => {
      const share = sum > 0 ? norm / sum : 0;
      return { name: String(head), share, figure: percent(share, 2), tip: `Head ${head}: ${percent(share)} of the sum of the heads' norms` };
    }))];
  }

  function coordinates({ aligned, l1 }) {
    const head = make('thead', '', make('tr', '', ...['dimension', 'value', 'share of L1'].map((name) => make('th', '', name))));
    return [make('h3', 'inner', 'Largest coordinates'), make('table', 'figures', head, make('tbody', '', ...aligned.map(([dimension, value]) => make('tr', '',
      make('td', 'number', count(dimension)), make('td', 'number', signed(value, 3)), make('td', 'number', percent(l1 > 0 ? Math.abs(value) / l1 : 0, 2))))))];
  }

  function weights(feature, extras) {
    const chart = extras.weights === null || extras.weights[0] === extras.weights[1] ? null
      : site.histogram({ bins: extras.weights, log: false, axis: 'entry of the decoder row', unit: 'coordinates', hue: 'plain', label: `Histogram of the entries of feature ${feature.index}'s decoder row` });
    return [make('p', 'quiet small', `norm ${significant(extras.norm, 4)}, sum of sizes ${significant(extras.l1, 4)}`), chart,
      ...(extras.heads.length === 0 ? [] : heads(extras.heads)), ...(extras.aligned.length === 0 ? [] : coordinates(extras))];
  }

  /** The panels below the examples; one note where the catalog is of an older Loupe. */
  site.morePanels = (feature, context) => {
    const { extras } = feature;
    const out = make('section', 'facts more');
    out.setAttribute('aria-label', 'Relations and weights');
    if (extras === null) out.append(note('Built by an older Loupe: this catalog holds no correlations, weights or effects on the whole vocabulary.'));
    else {
      out.append(
        panel('Fires together with', 'Features that fire on the same tokens: tokens on which both fire / tokens on which either does', together(feature, extras, context)),
        panel('Correlated features', 'Features of this dictionary by Pearson correlation over the counted tokens', correlated(extras, context)),
        panel('Logit effects over the vocabulary', 'How many tokens the direction moves how far, in 50 bins of equal width', logits(feature, extras)),
        panel('Correlated dimensions', 'Dimensions of the hook’s activation (neurons) by Pearson correlation over the counted tokens', neurons(extras, context)),
        panel('Decoder weights', 'How the entries of the decoder row are distributed, and where it writes most', ...weights(feature, extras)));
    }
    return out;
  };
})();
