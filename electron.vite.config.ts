// Builds everything that ships into out/. Bundles lie exactly one folder below it: src/engine/entry.ts relies on that.
import { resolve } from 'node:path';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'electron-vite';

const source = (path: string): string => resolve(import.meta.dirname, 'src', path);

export default defineConfig({
  main: {
    build: {
      outDir: 'out',
      emptyOutDir: false,
      target: 'node24',
      minify: false,
      sourcemap: true,
      externalizeDeps: true,
      rollupOptions: {
        input: {
          'main/index': source('main/index.ts'),
          'engine/process': source('engine/process.ts'),
          'catalog/worker': source('main/catalog/worker.ts'),
          'share/worker': source('main/share/worker.ts'),
          'cli/loupe': source('cli/loupe.ts'),
        },
        output: { format: 'es', entryFileNames: '[name].js', chunkFileNames: 'chunks/[name]-[hash].js' },
      },
    },
  },
  preload: {
    build: {
      outDir: 'out/preload',
      // A sandboxed preload can require nothing but electron, and cannot be a module.
      externalizeDeps: false,
      rollupOptions: { input: { index: source('preload/index.ts') }, output: { format: 'cjs', entryFileNames: '[name].cjs' } },
    },
  },
  renderer: {
    root: source('renderer'),
    plugins: [svelte()],
    build: {
      outDir: resolve(import.meta.dirname, 'out/renderer'),
      emptyOutDir: true,
      target: 'es2024',
      // Fonts and images as files: the content security policy allows no data: scripts, and files are cached.
      assetsInlineLimit: 0,
      rollupOptions: { input: { index: source('renderer/index.html') } },
    },
  },
});
