import { defineConfig } from 'vite';

export default defineConfig({
  base: '/graphiql/',
  build: {
    emptyOutDir: true,
    license: { fileName: 'licenses.md' }, // of what is bundled: it is given on with every wheel
    assetsInlineLimit: 0, // scripts and workers are files, as the page's policy has it
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 8000, // a code editor is large
  },
  oxc: { jsx: { runtime: 'automatic' } },
  worker: { format: 'es' },
});
