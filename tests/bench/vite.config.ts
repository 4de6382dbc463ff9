import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';
import { kernelPlugin } from '../../scripts/kernel-plugin.mjs';

/** The bench's own page, built like the app; COOP and COEP give the page its finer clock. */
export default defineConfig({
  root: fileURLToPath(new URL('page', import.meta.url)),
  // The embedding model is among these files.
  publicDir: fileURLToPath(new URL('../../public', import.meta.url)),
  plugins: [kernelPlugin()],
  logLevel: 'warn',
  build: {
    target: 'es2022',
    outDir: fileURLToPath(new URL('../../bench/page', import.meta.url)),
    emptyOutDir: true,
    chunkSizeWarningLimit: 2000,
  },
  worker: { format: 'es', plugins: () => [kernelPlugin()] },
  preview: {
    port: 4373,
    headers: {
      'Cross-Origin-Opener-Policy': 'same-origin',
      'Cross-Origin-Embedder-Policy': 'require-corp',
    },
  },
});
