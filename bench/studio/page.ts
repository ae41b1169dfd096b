/**
 * What runs inside the studio's page to time it: from an event to the frame in which its result is on screen. Injected as one script, so
 * nothing here may refer to anything outside.
 */
export interface Probe {
  /** ms from `start` (or from now) until `ready` holds and the frame after that has been drawn. */
  untilPainted: (ready: () => boolean, start?: number) => Promise<number>;
  /** Goes to a route in place and waits until the table shows exactly its query. */
  show: (route: string, shown: string) => Promise<number>;
  /** Clicks a header and waits until the table shows `shown`. */
  click: (selector: string, shown: string) => Promise<number>;
  /** Presses J and waits until another feature with its examples is on screen. */
  step: () => Promise<number>;
  /** Goes to feature `index`. */
  jump: (index: number) => Promise<number>;
  /** Scrolls the table by `pixels` a frame for `frames` frames: the length of each, ms. */
  scroll: (pixels: number, frames: number) => Promise<number[]>;
  /** Asks the host over a socket of its own: ms until the answer is read. */
  ask: (name: string, input: unknown) => Promise<number>;
}

/** Everything but the socket. */
export function installProbe(): void {
  const frame = (): Promise<number> => new Promise((resolve) => { requestAnimationFrame(resolve); });
  /** After the frame's own work: a message comes behind layout and paint. */
  const drawn = (): Promise<void> => new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => resolve();
    requestAnimationFrame(() => port2.postMessage(null));
  });
  const untilPainted: Probe['untilPainted'] = async (ready, start = performance.now()) => {
    while (!ready()) {
      if (performance.now() - start > 30_000) throw new Error('the page did not show what it should within 30 s');
      await new Promise((resolve) => { setTimeout(resolve, 1); });
    }
    await drawn();
    return performance.now() - start;
  };
  const table = (): HTMLElement | null => document.getElementById('feature-table');
  const shows = (shown: string) => (): boolean => table()?.dataset.shown === shown && table()!.ariaBusy === 'false' && (table()!.querySelector('.item[aria-rowindex]') !== null || table()!.getAttribute('aria-rowcount') === '1');
  const number = (): number => Number((document.querySelector('h1')?.textContent ?? '').replace(/\D/g, '') || -1);
  const featureShown = (before: number, wanted: number | null) => (): boolean => {
    const now = number();
    return (wanted === null ? now !== before : now === wanted) && document.querySelector(`article[aria-label="Feature ${now}"]`)?.getAttribute('aria-busy') === 'false'
      && document.querySelector('section[aria-label="Examples"]')?.querySelector('li, .none') !== null;
  };
  const go = (route: string): void => {
    history.replaceState(history.state, '', route);
    dispatchEvent(new HashChangeEvent('hashchange'));
  };
  const probe: Omit<Probe, 'ask'> = {
    untilPainted,
    show: (route, shown) => {
      const start = performance.now();
      go(route);
      return untilPainted(shows(shown), start);
    },
    click: (selector, shown) => {
      const start = performance.now();
      document.querySelector<HTMLElement>(selector)!.click();
      return untilPainted(shows(shown), start);
    },
    step: () => {
      const [start, before] = [performance.now(), number()];
      dispatchEvent(new KeyboardEvent('keydown', { key: 'j', bubbles: true, cancelable: true }));
      return untilPainted(featureShown(before, null), start);
    },
    jump: (index) => {
      const start = performance.now();
      go(location.hash.replace(/#\/features(\/\d+)?/, `#/features/${index}`));
      return untilPainted(featureShown(-1, index), start);
    },
    scroll: async (pixels, frames) => {
      const list = table()!.querySelector<HTMLElement>('.rows > div')!;
      const lengths: number[] = [];
      let last = await frame();
      for (let i = 0; i < frames; i++) {
        list.scrollTop += pixels;
        const now = await frame();
        lengths.push(now - last);
        last = now;
      }
      return lengths;
    },
  };
  (globalThis as unknown as { probe: Omit<Probe, 'ask'> }).probe = probe;
}

/** The socket, with the host's token; after `installProbe`. */
export function installAsk(token: string): void {
  let socket: Promise<WebSocket> | null = null;
  let asked = 0;
  const connected = (): Promise<WebSocket> => socket ??= new Promise((resolve, reject) => {
    const made = new WebSocket(`ws://${location.host}/contract`, ['loupe', `loupe-token.${token}`]);
    made.binaryType = 'arraybuffer';
    made.onopen = () => resolve(made);
    made.onerror = () => reject(new Error('the socket was refused'));
  });
  const ask: Probe['ask'] = async (name, input) => {
    const open = await connected();
    const id = ++asked;
    const body = new TextEncoder().encode(JSON.stringify({ body: { type: 'invoke', id, name, input }, tensors: [] }));
    const bytes = new Uint8Array(Math.ceil((4 + body.length) / 8) * 8);
    new DataView(bytes.buffer).setUint32(0, body.length, true);
    bytes.set(body, 4);
    const start = performance.now();
    open.send(bytes);
    await new Promise<void>((resolve, reject) => {
      open.onmessage = ({ data }: MessageEvent<ArrayBuffer>) => {
        const head = new DataView(data).getUint32(0, true);
        const { body: answer } = JSON.parse(new TextDecoder().decode(new Uint8Array(data, 4, head))) as { body: { id: number; type: string; error?: unknown } };
        if (answer.id !== id) return;
        if (answer.type === 'result') resolve();
        else reject(new Error(JSON.stringify(answer.error)));
      };
    });
    return performance.now() - start;
  };
  Object.assign((globalThis as unknown as { probe: Probe }).probe, { ask });
}
