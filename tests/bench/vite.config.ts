import { cpSync, existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';
import type { Plugin } from 'vite';
import { kernelPlugin } from '../../scripts/kernel-plugin.mjs';

const sharedModel = fileURLToPath(
  new URL('../../../shared/models/tf/universal-sentence-encoder-lite', import.meta.url),
);

/** Serves a model of ../shared beside the built-in one, where that folder is. */
function sharedModels(): Plugin {
  return {
    name: 'onggi-bench-models',
    closeBundle() {
      const place = new URL('../../bench/page/models/use-lite', import.meta.url);
      if (existsSync(sharedModel)) cpSync(sharedModel, place, { recursive: true });
    },
  };
}

/** The bench's own page, built like the app; COOP and COEP give the page its finer clock. */
export default defineConfig({
  root: fileURLToPath(new URL('page', import.meta.url)),
  // The embedding model is among these files.
  publicDir: fileURLToPath(new URL('../../public', import.meta.url)),
  // As in the app's build.
  resolve: { alias: [{ find: /^onnxruntime-web\/webgpu$/, replacement: 'onnxruntime-web/wasm' }] },
  plugins: [kernelPlugin(), sharedModels()],
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
