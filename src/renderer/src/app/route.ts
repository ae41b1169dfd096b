/** The address: `#/features/12?catalog=demo&source=1`. Pure; the router keeps it in step with the window. */

export interface Route {
  /** The page's id, "" for none. */
  readonly page: string;
  /** What follows the page in the path. */
  readonly rest: readonly string[];
  readonly query: Readonly<Record<string, string>>;
}

/** Parses the part after `#`. A token that came with the address is not part of a route. */
export function parseRoute(hash: string): Route {
  const text = hash.replace(/^#/, '');
  const [path = '', search = ''] = splitOnce(text, '?');
  const [page = '', ...rest] = path.split('/').filter((part) => part !== '').map(decode);
  return { page, rest, query: Object.fromEntries(new URLSearchParams(search)) };
}

/** The inverse; empty query values are left out, so that an address says only what differs from the default. */
export function formatRoute(route: Route): string {
  const path = [route.page, ...route.rest].map(encodeURIComponent).join('/');
  const search = new URLSearchParams(Object.entries(route.query).filter(([, value]) => value !== ''));
  const query = search.toString().replaceAll('%2F', '/');
  return `#/${path}${query === '' ? '' : `?${query}`}`;
}

/** Takes the host's token out of `#token=...`; what is left is the address to show. */
export function takeToken(hash: string): { token: string | null; hash: string } {
  const match = /^#token=([A-Za-z0-9_-]+)(?:&(.*))?$/.exec(hash);
  if (!match) return { token: null, hash };
  return { token: match[1]!, hash: match[2] ? `#${match[2]}` : '' };
}

function splitOnce(text: string, at: string): [string, string] {
  const place = text.indexOf(at);
  return place < 0 ? [text, ''] : [text.slice(0, place), text.slice(place + at.length)];
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
