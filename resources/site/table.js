/* The table of features: sorted, searched and filtered in memory, drawn only where it is in sight. */
(function () {
  'use strict';
  const site = (globalThis.LoupeSite = globalThis.LoupeSite || {});
  const { count, significant, percent, oneLine, make } = site.words;
  const rowHeight = 28;
  const margin = 10;
  const columns = [
    { id: 'index', title: 'Feature', figure: true, tip: 'Number in the dictionary' },
    { id: 'density', title: 'Density', figure: true, tip: 'Share of tokens on which it fires; the bar is logarithmic, from 1 in 1,000,000 to every token' },
    { id: 'max', title: 'Max', figure: true, tip: 'Largest activation' },
    { id: 'mean', title: 'Mean', figure: true, tip: 'Mean activation where it fires' },
    { id: 'label', title: 'Label', figure: false, tip: 'What it was named, else where it fires most' },
  ];
  const fold = (text) => text.normalize('NFD').replace(/\p{Mn}+/gu, '').toLowerCase();

  class Table {
    constructor(element, onselect, onquery) {
      this.element = element;
      this.onselect = onselect;
      this.onquery = onquery;
      this.order = [];
      this.selected = null;
      this.query = { sort: 'index', descending: false, search: '', labelled: '', dead: '' };
      this.head = make('div', 'head row');
      this.head.setAttribute('role', 'row');
      this.scroll = make('div', 'scroll');
      this.scroll.tabIndex = 0;
      this.spacer = make('div', 'spacer');
      this.scroll.setAttribute('role', 'rowgroup');
      this.spacer.setAttribute('role', 'presentation');
      this.scroll.append(this.spacer);
      element.append(this.head, this.scroll);
      this.scroll.addEventListener('scroll', () => this.draw());
      new ResizeObserver(() => this.draw()).observe(this.scroll);
      this.spacer.addEventListener('click', (event) => {
        const row = event.target.closest('[data-place]');
        if (row !== null) this.onselect(this.data.index[this.order[Number(row.dataset.place)]]);
      });
    }

    /** `data` are columns of one source; `words` the texts of tokens. */
    show(data, words) {
      this.data = data;
      this.words = words;
      this.haystack = null;
      this.placeOf = new Map(data.index.map((index, i) => [index, i]));
      this.apply();
    }

    set(query) {
      this.query = { ...this.query, ...query };
      if (this.data) this.apply();
    }

    preview(i) {
      const preview = this.data.preview[i];
      if (preview === null) return null;
      const text = (ids) => ids.map((id) => this.words[id] ?? '').join('');
      return { before: text(preview[0]), peak: text([preview[1]]), after: text(preview[2]), below: preview[3] === 1 };
    }

    textOf(i) {
      this.haystack ??= new Array(this.data.index.length);
      if (this.haystack[i] === undefined) {
        const preview = this.preview(i);
        this.haystack[i] = fold(`${this.data.label[i] ?? ''} ${preview === null ? '' : preview.before + preview.peak + preview.after}`);
      }
      return this.haystack[i];
    }

    matches(i, terms) {
      const { data, query } = this;
      if (query.labelled !== '' && (data.label[i] !== null) !== (query.labelled === '1')) return false;
      if (query.dead !== '' && (data.density[i] === 0) !== (query.dead === '1')) return false;
      if (terms.length === 0) return true;
      if (terms.length === 1 && /^#?\d+$/.test(terms[0]) && String(data.index[i]) === terms[0].replace('#', '')) return true;
      return terms.every((term) => this.textOf(i).includes(term));
    }

    apply() {
      const { data, query } = this;
      const terms = fold(query.search).split(/\s+/).filter((term) => term !== '');
      const order = [];
      for (let i = 0; i < data.index.length; i++) if (this.matches(i, terms)) order.push(i);
      const way = query.descending ? -1 : 1;
      const column = data[query.sort];
      if (query.sort === 'label') order.sort((a, b) => (column[a] === null) - (column[b] === null) || way * (column[a] ?? '').localeCompare(column[b] ?? '') || a - b);
      else if (query.sort !== 'index' || query.descending) order.sort((a, b) => way * (column[a] - column[b]) || way * (a - b));
      this.order = order;
      this.drawHead();
      this.spacer.style.height = `${order.length * rowHeight}px`;
      this.element.setAttribute('aria-rowcount', String(order.length + 1));
      this.scroll.scrollTop = 0;
      this.reveal();
      this.draw();
      this.onquery(order.length, data.index.length);
    }

    drawHead() {
      this.head.replaceChildren(...columns.map((column) => {
        const mine = this.query.sort === column.id;
        const button = make('button', '', column.title, make('span', 'arrow', mine ? (this.query.descending ? '↓' : '↑') : ''));
        button.type = 'button';
        button.title = column.tip;
        button.addEventListener('click', () => this.set({ sort: column.id, descending: mine ? !this.query.descending : column.figure && column.id !== 'index' }));
        const cell = make('div', column.figure ? 'figure' : '', button);
        cell.setAttribute('role', 'columnheader');
        cell.setAttribute('aria-sort', mine ? (this.query.descending ? 'descending' : 'ascending') : 'none');
        return cell;
      }));
    }

    draw() {
      if (!this.data) return;
      const first = Math.max(0, Math.floor(this.scroll.scrollTop / rowHeight) - margin);
      const last = Math.min(this.order.length, Math.ceil((this.scroll.scrollTop + this.scroll.clientHeight) / rowHeight) + margin);
      const rows = [];
      for (let place = first; place < last; place++) rows.push(this.row(place));
      this.spacer.replaceChildren(...rows);
    }

    row(place) {
      const { data } = this;
      const i = this.order[place];
      const density = data.density[i];
      const bar = make('span', '');
      bar.style.width = `${density > 0 ? Math.max(2, Math.min(100, ((Math.log10(density) + 6) / 6) * 100)) : 0}%`;
      const cells = [
        make('div', 'number index', count(data.index[i])),
        make('div', 'number density', make('span', 'gauge', bar), density === 0 ? 'dead' : percent(density, 2)),
        make('div', 'number', density === 0 ? '–' : significant(data.max[i])), make('div', 'number', density === 0 ? '–' : significant(data.mean[i])),
        this.wordsOf(i),
      ];
      for (const cell of cells) cell.setAttribute('role', 'gridcell');
      const row = make('div', 'row item', ...cells);
      row.style.top = `${place * rowHeight}px`;
      row.id = `row-${data.index[i]}`;
      row.dataset.place = String(place);
      row.setAttribute('role', 'row');
      row.setAttribute('aria-rowindex', String(place + 2));
      row.setAttribute('aria-selected', String(data.index[i] === this.selected));
      return row;
    }

    wordsOf(i) {
      const { data } = this;
      const label = data.label[i];
      const cell = make('div', 'words');
      if (label !== null) cell.append(make('span', 'clip label', oneLine(label)));
      if (label !== null && data.kind[i] !== 'manual') cell.append(make('span', 'badge', data.kind[i]));
      const preview = this.preview(i);
      if (preview !== null) {
        cell.append(make('span', `preview mono${label === null ? '' : ' dim'}`,
          make('span', 'before', make('bdi', '', oneLine(preview.before))), make('mark', preview.below ? 'below' : '', oneLine(preview.peak)), make('span', 'after', oneLine(preview.after))));
      }
      return cell;
    }

    has(index) {
      return this.placeOf.has(index);
    }

    labelOf(index) {
      const i = this.placeOf.get(index);
      return i === undefined ? null : this.data.label[i];
    }

    select(index) {
      this.selected = index;
      if (index !== null) this.element.setAttribute('aria-activedescendant', `row-${index}`);
      this.reveal();
      this.draw();
    }

    /** The selected row comes into sight. */
    reveal() {
      const place = this.place();
      if (place < 0) return;
      const { scrollTop, clientHeight } = this.scroll;
      if (place * rowHeight < scrollTop) this.scroll.scrollTop = place * rowHeight;
      else if ((place + 1) * rowHeight > scrollTop + clientHeight) this.scroll.scrollTop = (place + 1) * rowHeight - clientHeight;
    }

    place() {
      return this.selected === null ? -1 : this.order.indexOf(this.placeOf.get(this.selected));
    }

    /** The feature `by` places on in this order, or null at the ends. */
    step(by) {
      const to = this.place() < 0 ? (by > 0 ? 0 : this.order.length - 1) : this.place() + by;
      return to < 0 || to >= this.order.length ? null : this.data.index[this.order[to]];
    }
  }

  site.Table = Table;
})();
