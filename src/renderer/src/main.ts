/** Starts the studio: theme, connection, frame. */
import { mount } from 'svelte';
import { config } from 'zod';
import App from './App.svelte';
import { isString, recall, remember } from './app/preferences.ts';
import { takeToken } from './app/route.ts';
import { session } from './app/session.svelte.ts';
import { createClient } from './client.ts';
import './styles/tokens.css';
import './styles/base.css';

// The page forbids eval, which zod would otherwise try for its fast path.
config({ jitless: true });

/** The token leaves the address at once, and is kept for this origin so that copied links work. */
function hostToken(): string | null {
  const { token, hash } = takeToken(location.hash);
  if (token === null) return recall('token', '', isString) || null;
  remember('token', token);
  history.replaceState(null, '', hash === '' ? '#/' : hash);
  dispatchEvent(new HashChangeEvent('hashchange'));
  return token;
}

session.start(createClient(hostToken()));
mount(App, { target: document.getElementById('app')! });
