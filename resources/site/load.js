/*
 * Shards: compressed JSON in classic scripts, because pages that were opened from disk may neither fetch nor import.
 * Each script calls loupeShard(name, base64 of zlib-compressed JSON) and is fetched when it is first needed.
 */
(function () {
  'use strict';
  const site = (globalThis.LoupeSite = globalThis.LoupeSite || {});
  const kept = 24;
  const arrived = new Map();
  const loading = new Map();

  globalThis.loupeShard = (name, text) => arrived.set(name, text);

  async function inflate(text) {
    const packed = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
    const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream('deflate'));
    return JSON.parse(await new Response(stream).text());
  }

  function script(name) {
    return new Promise((done, fail) => {
      const element = document.createElement('script');
      element.src = `data/${name}.js`;
      element.onload = () => {
        element.remove();
        const text = arrived.get(name);
        arrived.delete(name);
        if (text === undefined) fail(new Error(`data/${name}.js holds something else. Copy the folder again.`));
        else done(text);
      };
      element.onerror = () => {
        element.remove();
        fail(new Error(`data/${name}.js cannot be read. Keep index.html and its folder together.`));
      };
      document.head.append(element);
    });
  }

  /** The content of a shard; the last few are kept. */
  site.shard = (name) => {
    const known = loading.get(name);
    const shard = known ?? script(name).then(inflate);
    loading.delete(name);
    loading.set(name, shard);
    shard.catch(() => loading.delete(name));
    for (const old of loading.keys()) {
      if (loading.size <= kept) break;
      loading.delete(old);
    }
    return shard;
  };
})();
