/**
 * Builds the consoles: one process, an entry for each app. Their pages end in dist/web/<app>/index.html, all
 * that they load in dist/web/assets.
 */
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

export default defineConfig({
  appType: 'mpa',
  plugins: [react()],
  build: {
    outDir: 'dist/web',
    emptyOutDir: true,
    target: 'es2022',
    // Neither `data:` addresses nor inline scripts: the policy of the pages allows none.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    rollupOptions: {
      input: { node: 'node/web/index.html', 'node/web/sw': 'node/web/sw.ts' },
      // A service worker is found by its name and asked for again: it has no hash.
      output: {
        entryFileNames: ({ name }) => (name.endsWith('/sw') ? '[name].js' : 'assets/[name]-[hash].js'),
      },
    },
  },
});
