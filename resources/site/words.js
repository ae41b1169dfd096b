/*
 * How numbers, tokens and shades are written: what the studio's own modules do (renderer: format/number, tokens/display, tokens/colour),
 * as a classic script. A test holds the two side by side.
 */
(function () {
  'use strict';
  const site = (globalThis.LoupeSite = globalThis.LoupeSite || {});

  const grouped = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });
  const minus = (text) => text.replace(/^-/, '−').replace('e-', 'e−').replace('e+', 'e');

  function count(value) {
    return Number.isFinite(value) ? grouped.format(value) : '–';
  }

  function significant(value, digits = 3) {
    if (value === null || value === undefined || Number.isNaN(value)) return '–';
    if (value === 0) return '0';
    if (!Number.isFinite(value)) return value > 0 ? '∞' : '−∞';
    const size = Math.abs(value);
    if (size < 1e-4 || size >= 1e7) return minus(value.toExponential(digits - 1));
    if (size >= 10 ** digits) return minus(grouped.format(value));
    return minus(value.toPrecision(digits));
  }

  function fixed(value, decimals) {
    return Number.isFinite(value) ? minus(value.toFixed(decimals)) : '–';
  }

  function signed(value, decimals = 2) {
    return value > 0 ? `+${fixed(value, decimals)}` : fixed(value, decimals);
  }

  function percent(share, digits = 3) {
    if (share === null || Number.isNaN(share)) return '–';
    const value = share * 100;
    if (value !== 0 && Math.abs(value) < 0.001) return '< 0.001 %';
    return `${significant(value, digits)} %`;
  }

  const special = { '\n': { kind: 'newline', shown: '↵' }, '\r': { kind: 'control', shown: '\\r' }, '\t': { kind: 'tab', shown: '⇥' } };
  const hex = (code) => code.toString(16).toUpperCase().padStart(2, '0');

  function pieceOf(character, leading) {
    if (Object.hasOwn(special, character)) return special[character];
    if (character === ' ') return leading ? { kind: 'space', shown: ' ' } : undefined;
    const code = character.codePointAt(0);
    if (code < 0x20 || code === 0x7f || (code >= 0x80 && code < 0xa0)) return { kind: 'control', shown: `\\x${hex(code)}` };
    if (/\p{Cf}|\p{Zl}|\p{Zp}/u.test(character)) return { kind: 'control', shown: `\\u{${code.toString(16)}}` };
    return undefined;
  }

  /** A token's text as runs: plain text, or marks for what plain text would hide. */
  function pieces(token) {
    const result = [];
    let plain = '';
    const flush = () => {
      if (plain !== '') result.push({ kind: 'text', shown: plain });
      plain = '';
    };
    for (const character of token) {
      const piece = pieceOf(character, plain === '');
      if (piece === undefined) plain += character;
      else {
        flush();
        result.push(piece);
      }
    }
    flush();
    return result;
  }

  const oneLine = (text) => pieces(text).map((piece) => piece.shown).join('');
  const quoted = (token) => pieces(token).map((piece) => (piece.kind === 'space' ? '·' : piece.shown)).join('');

  function parseColour(text) {
    const [r, g, b] = (/^rgba?\(([^)]+)\)$/i.exec(text.trim())?.[1] ?? '').split(/[\s,/]+/).map(Number);
    return [r, g, b].some((value) => value === undefined || Number.isNaN(value)) ? [0, 0, 0] : [r, g, b];
  }

  const mix = (from, to, share) => [0, 1, 2].map((i) => from[i] + (to[i] - from[i]) * share);
  const css = (colour) => `rgb(${colour.map((value) => Math.round(value)).join(', ')})`;

  function luminance(colour) {
    const [r, g, b] = colour.map((value) => {
      const c = value / 255;
      return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  }

  function contrast(a, b) {
    const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y);
    return (high + 0.05) / (low + 0.05);
  }

  function strength(value, maximum) {
    if (value === 0 || Number.isNaN(value) || !(maximum > 0)) return 0;
    return Math.min(1, 0.12 + 0.88 * (Math.abs(value) / maximum));
  }

  /** Background and text colour at `share` of the ramp: the text always reaches 4.5 : 1. */
  function shade(share, surface, hue, text) {
    const background = mix(surface, hue, share);
    const [white, black] = [[255, 255, 255], [0, 0, 0]];
    const readable = contrast(background, text) >= 4.5 ? text : contrast(background, white) > contrast(background, black) ? white : black;
    return { background: css(background), text: css(readable) };
  }

  /** An element with text and children; nothing from a catalog is ever read as markup. */
  function make(tag, className, ...content) {
    const element = document.createElement(tag);
    if (className) element.className = className;
    element.append(...content.filter((part) => part !== null && part !== undefined).map((part) => (typeof part === 'object' ? part : String(part))));
    return element;
  }

  site.words = { count, significant, fixed, signed, percent, pieces, oneLine, quoted, parseColour, mix, css, strength, shade, make };
})();
