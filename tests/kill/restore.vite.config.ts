import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

/** The page of the restore that is killed, built like the app. */
export default defineConfig({
  root: fileURLToPath(new URL('../support/restore-page', import.meta.url)),
  logLevel: 'warn',
  build: {
    target: 'es2022',
    outDir: fileURLToPath(new URL('../../dist-kill-restore', import.meta.url)),
    emptyOutDir: true,
  },
  worker: { format: 'es' },
  preview: { port: 4474, strictPort: true },
});
