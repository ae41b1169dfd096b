// The renderer alone, for development: `npx vite build -c src/renderer/vite.config.ts`. electron.vite.config.ts builds what ships.
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vite';

export default defineConfig({
  root: import.meta.dirname,
  plugins: [svelte()],
  base: './',
  build: { outDir: '../../out/renderer', emptyOutDir: true, target: 'es2024', assetsInlineLimit: 0 },
});
