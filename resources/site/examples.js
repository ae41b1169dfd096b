/* The examples of a feature: one line around the peak each, shaded by activation; a click or Enter opens one. */
(function () {
  'use strict';
  const site = (globalThis.LoupeSite = globalThis.LoupeSite || {});
  const { count, significant, percent, pieces, quoted, parseColour, mix, css, strength, shade, make } = site.words;
  const first = 8;

  /** The ramp's colours in this theme: one hue above 0, another below. */
  function colours() {
    const probe = make('span', '');
    document.body.append(probe);
    const colour = (name) => {
      probe.style.color = `var(--${name})`;
      return parseColour(getComputedStyle(probe).color);
    };
    const [above, below] = [colour('activation'), colour('negative')];
    const found = { surface: colour('surface-1'), text: colour('text'), hue: (value) => (value < 0 ? below : above) };
    probe.remove();
    return found;
  }

  /** [group, value, maximum, peak, start, document, context, token ids, sparse [place, step, ...]] as an object; `steps` make up the maximum. */
  function unpack(example, words, special, steps) {
    const [group, value, maximum, peak, start, document, context, ids, sparse] = example;
    const values = new Float32Array(ids.length);
    for (let i = 0; i < sparse.length; i += 2) values[sparse[i]] = (sparse[i + 1] * maximum) / steps;
    if (peak < values.length) values[peak] = value;
    return { group, value, halfStep: maximum / (2 * steps), peak, start, document, context, tokens: ids.map((id) => words[id] ?? ''), special: ids.map((id) => special.has(id)), values };
  }

  function token(example, i, maximum, ramp, wrap) {
    const parts = pieces(example.tokens[i]);
    const element = make('span', `token${parts[0]?.kind === 'space' ? ' space' : ''}${i === example.peak ? ' peak' : ''}${example.special[i] ? ' special' : ''}`);
    element.dataset.i = String(i);
    for (const part of parts) {
      if (part.kind === 'text' || part.kind === 'space') element.append(part.shown);
      else element.append(make('span', 'mark', part.shown));
      if (part.kind === 'newline' && wrap) element.append(document.createElement('br'));
    }
    const share = strength(example.values[i], maximum);
    if (share > 0) {
      const { background, text } = shade(share, ramp.surface, ramp.hue(example.values[i]), ramp.text);
      element.style.backgroundColor = background;
      element.style.color = text;
    }
    return element;
  }

  function tokens(example, from, to, maximum, ramp, wrap) {
    const out = [];
    for (let i = Math.max(0, from); i < Math.min(example.tokens.length, to); i++) out.push(token(example, i, maximum, ramp, wrap));
    return out;
  }

  function facts(example, i) {
    const list = make('dl', '');
    const error = i === example.peak || example.values[i] === 0 ? '' : ` ± ${significant(example.halfStep, 2)}`;
    for (const [name, value] of [['token', quoted(example.tokens[i])], ['position', count(example.start + i)], ['activation', significant(example.values[i], 4) + error]]) {
      list.append(make('dt', '', name), make('dd', '', value));
    }
    return list;
  }

  function hover(text, example) {
    const tip = document.getElementById('tip');
    text.addEventListener('pointermove', (event) => {
      const over = event.target.closest('[data-i]');
      tip.hidden = over === null;
      if (over === null) return;
      tip.replaceChildren(facts(example, Number(over.dataset.i)));
      const box = over.getBoundingClientRect();
      tip.style.left = `${Math.max(8, Math.min(innerWidth - tip.offsetWidth - 8, box.left))}px`;
      tip.style.top = `${box.top > tip.offsetHeight + 12 ? box.top - tip.offsetHeight - 6 : box.bottom + 6}px`;
    });
    text.addEventListener('pointerleave', () => { tip.hidden = true; });
  }

  function row(example, maximum, ramp) {
    const item = make('li', 'example', make('div', 'number', significant(example.value)));
    const text = make('div', 'text');
    text.tabIndex = 0;
    text.setAttribute('role', 'button');
    hover(text, example);
    item.append(text);
    let open = false;
    const where = make('div', 'where quiet', `context ${example.context}, document ${example.document}, positions ${example.start}–${example.start + example.tokens.length - 1}`);
    const draw = () => {
      text.className = `text ${open ? 'open' : 'folded'}`;
      text.setAttribute('aria-expanded', String(open));
      if (open) text.replaceChildren(...tokens(example, 0, example.tokens.length, maximum, ramp, true));
      else {
        text.replaceChildren(
          make('div', 'before', make('span', 'run', ...tokens(example, example.peak - 26, example.peak, maximum, ramp, false))),
          make('div', 'after', ...tokens(example, example.peak, example.peak + 28, maximum, ramp, false)),
        );
      }
      if (open) item.append(where);
      else where.remove();
    };
    const toggle = () => {
      if (open && !getSelection().isCollapsed) return;
      open = !open;
      draw();
    };
    text.addEventListener('click', toggle);
    text.addEventListener('keydown', (event) => {
      if (event.key !== 'Enter') return;
      event.preventDefault();
      toggle();
    });
    draw();
    return item;
  }

  function heading(name, range) {
    return make('div', 'heading', make('h3', '', name), range === null ? null : make('span', 'quiet', range));
  }

  function section(name, range, share, examples, maximum, ramp) {
    const list = make('ul', '');
    list.append(...examples.slice(0, first).map((example) => row(example, maximum, ramp)));
    const group = make('div', 'group', heading(name, range), list);
    if (examples.length > first) {
      const more = make('button', 'plain', `Show ${examples.length - first} more`);
      more.type = 'button';
      more.addEventListener('click', () => {
        list.append(...examples.slice(first).map((example) => row(example, maximum, ramp)));
        more.remove();
      });
      group.append(more);
    }
    if (examples.length === 0) group.append(make('p', 'quiet', share === 0 ? 'No firing in this range.' : 'This export holds no example of this range.'));
    return group;
  }

  function legend({ min = 0 }, maximum, ramp) {
    const bar = make('span', 'ramp');
    const stops = min < 0 ? [-1, -0.5, 0, 0.5, 1] : [0, 0.25, 0.5, 0.75, 1];
    bar.style.backgroundImage = `linear-gradient(90deg, ${stops.map((value) => css(mix(ramp.surface, ramp.hue(value), strength(value, 1)))).join(', ')})`;
    const least = min < 0 ? significant(-maximum) : '0';
    const out = make('span', 'legend', make('span', 'number', least), bar, make('span', 'number', significant(maximum)));
    out.setAttribute('role', 'img');
    out.setAttribute('aria-label', `Shading from ${least} to ${significant(maximum)}`);
    return out;
  }

  /** The groups of one sign: the strongest, then the fifths of (0, bound], the highest first. `base`: the number of the first group. */
  function pole(feature, all, { bound, intervals, base, maximum, ramp }) {
    const n = intervals.length;
    const [strongest, suffix] = bound < 0 ? ['Strongest below 0', ' below 0'] : ['Top activations', ''];
    const of = (group) => all.filter((example) => example.group === group);
    return [section(strongest, null, 1, of(base), maximum, ramp), ...intervals.map((firings, i) => {
      const ends = [((n - 1 - i) * bound) / n, ((n - i) * bound) / n].sort((a, b) => a - b);
      const range = `activation ${significant(ends[0])} to ${significant(ends[1])}, ${percent(firings / feature.firings)} of firings`;
      return section(`Interval ${n - i} of ${n}${suffix}`, range, firings, of(base + 1 + i), maximum, ramp);
    })];
  }

  /** The section of a feature's examples by group. */
  site.examplesOf = (feature, words, special) => {
    const ramp = colours();
    const { min = 0, max, intervals, intervalsBelow = [] } = feature;
    // Both signs have one scale.
    const maximum = Math.max(max, -min);
    const all = feature.examples.map((example) => unpack(example, words, special, min < 0 ? 127 : 255));
    const out = make('section', 'examples', make('header', '', make('h2', '', 'Examples'), legend(feature, maximum, ramp)));
    if (feature.firings === 0) out.append(make('p', 'quiet', 'This feature never fired on the tokens of this catalog, so there are no examples.'));
    else if (all.length === 0) out.append(make('p', 'quiet', 'Examples were left out of this export.'));
    else {
      if (max > 0 || min >= 0) out.append(...pole(feature, all, { bound: max, intervals, base: 0, maximum, ramp }));
      if (min < 0) out.append(...pole(feature, all, { bound: min, intervals: intervalsBelow, base: 1 + intervals.length, maximum, ramp }));
    }
    return out;
  };
})();
