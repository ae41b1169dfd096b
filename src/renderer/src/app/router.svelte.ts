/** The current address as state; back and forward are the browser's own. */
import { formatRoute, parseRoute, type Route } from './route.ts';

class Router {
  current = $state.raw<Route>(parseRoute(location.hash));

  constructor() {
    addEventListener('hashchange', () => {
      this.current = parseRoute(location.hash);
    });
  }

  /** Goes to an address and leaves the old one in the history. */
  go(page: string, rest: readonly (string | number)[] = [], query: Readonly<Record<string, string>> = {}): void {
    location.hash = formatRoute({ page, rest: rest.map(String), query });
  }

  /** Changes the address in place: for filters and selection, which should not fill the history. */
  replace(page: string, rest: readonly (string | number)[], query: Readonly<Record<string, string>>): void {
    const hash = formatRoute({ page, rest: rest.map(String), query });
    if (hash === location.hash) return;
    history.replaceState(history.state, '', hash);
    this.current = parseRoute(hash);
  }

  href(page: string, rest: readonly (string | number)[] = [], query: Readonly<Record<string, string>> = {}): string {
    return formatRoute({ page, rest: rest.map(String), query });
  }
}

export const router = new Router();
