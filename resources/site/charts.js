/* Histograms as SVG: bars of equal width, a title on each, the colour from the style sheet. */
(function () {
  'use strict';
  const site = (globalThis.LoupeSite = globalThis.LoupeSite || {});
  const { count, significant, make } = site.words;
  const [width, height, left, right, bottom, top] = [400, 170, 44, 8, 34, 8];

  function svg(tag, attributes, text) {
    const element = document.createElementNS('http://www.w3.org/2000/svg', tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
    if (text !== undefined) element.textContent = text;
    return element;
  }

  /** `bins`: [low, high, ...counts]; on a log scale low and high are log10. `hue`: the class of its bars. Null where there is nothing to draw. */
  site.histogram = ({ bins: [low, high, ...counts], log, axis, unit, hue, label }) => {
    const most = Math.max(0, ...counts);
    if (most === 0) return null;
    const value = (share) => (log ? 10 ** (low + share * (high - low)) : low + share * (high - low));
    const place = (share) => left + share * (width - left - right);
    const rise = (n) => (height - bottom - top) * (n / most);
    const chart = svg('svg', { viewBox: `0 0 ${width} ${height}`, class: `chart ${hue}`, role: 'img', 'aria-label': label });
    for (const part of [0, 0.5, 1]) {
      const y = height - bottom - rise(part * most);
      chart.append(svg('line', { x1: left, x2: width - right, y1: y, y2: y }));
      if (part !== 0.5 || most > 1) chart.append(svg('text', { x: left - 6, y: y + 4, 'text-anchor': 'end' }, Number.isInteger(part * most) ? count(part * most) : significant(part * most, 3)));
      const anchor = part === 0 ? 'start' : part === 1 ? 'end' : 'middle';
      chart.append(svg('text', { x: place(part), y: height - bottom + 14, 'text-anchor': anchor }, significant(value(part), 2)));
    }
    chart.append(svg('text', { x: place(0.5), y: height - 4, 'text-anchor': 'middle' }, axis));
    counts.forEach((n, i) => {
      if (n === 0) return;
      // A single count is seen: a pixel at least.
      const tall = Math.max(1, rise(n));
      const bar = svg('rect', { x: place(i / counts.length) + 0.5, width: Math.max(1, (width - left - right) / counts.length - 1), y: height - bottom - tall, height: tall });
      bar.append(svg('title', {}, `${significant(value(i / counts.length))} to ${significant(value((i + 1) / counts.length))}: ${count(n)} ${unit}`));
      chart.append(bar);
    });
    return chart;
  };

  /** Rows of a name, a bar as long as its share of the longest, and a figure. */
  site.bars = (rows) => {
    const most = Math.max(1e-9, ...rows.map(({ share }) => share));
    return make('ol', 'bars', ...rows.map(({ name, share, figure, tip }) => {
      const bar = make('span', '');
      bar.style.width = `${(share / most) * 100}%`;
      const item = make('li', '', make('span', 'number', name), make('span', 'bar', bar), make('span', 'number', figure));
      item.title = tip;
      return item;
    }));
  };
})();
