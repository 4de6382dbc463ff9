import { availableParallelism } from 'node:os';
import { playwright } from '@vitest/browser-playwright';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import type { Plugin } from 'vite';
import { VitePWA } from 'vite-plugin-pwa';
import { defineConfig } from 'vitest/config';
import type { BrowserConfigOptions } from 'vitest/node';
import { chromiumArgs, chromiumPath, hasChromium } from './scripts/browser.mjs';
import { headersFor, metaPolicy } from './scripts/headers.mjs';
import { kernelPlugin } from './scripts/kernel-plugin.mjs';
import { openaiPlugin } from './scripts/openai-plugin.mjs';

/** Serves the headers of `public/_headers` in preview and writes the page's policy into the build. */
function securityHeaders(): Plugin {
  return {
    name: 'onggi-security-headers',
    configurePreviewServer(server) {
      server.middlewares.use((request, response, next) => {
        const { pathname } = new URL(request.url ?? '/', 'http://localhost');
        for (const [name, value] of Object.entries(headersFor(pathname))) {
          response.setHeader(name, value);
        }
        next();
      });
    },
    transformIndexHtml: {
      order: 'pre',
      handler: (_html, context) =>
        context.server
          ? []
          : [
              {
                tag: 'meta',
                attrs: { 'http-equiv': 'Content-Security-Policy', content: metaPolicy() },
                injectTo: 'head-prepend',
              },
            ],
    },
  };
}

const executablePath = (await hasChromium()) ? await chromiumPath() : undefined;

/** Anew for each project: Vitest writes the project's name into its instances. */
const browserConfig = (): BrowserConfigOptions => ({
  enabled: true,
  headless: true,
  // Another run on this machine, of another checkout, takes the next port.
  api: { port: 63315, strictPort: false },
  screenshotFailures: false,
  provider: playwright({
    launchOptions: { args: chromiumArgs, ...(executablePath ? { executablePath } : {}) },
  }),
  instances: [{ browser: 'chromium' }],
});

export default defineConfig({
  // Routes are hashes: nothing but / is a page, and a missing file must be a true 404.
  appType: 'mpa',
  resolve: {
    alias: [
      // transformers.js asks for the engine with WebGPU: twice as large, and the same on a CPU.
      { find: /^onnxruntime-web\/webgpu$/, replacement: 'onnxruntime-web/wasm' },
      // The same source for today's browsers: by itself the package gives its ES5 one, a tenth larger.
      { find: /^dexie$/, replacement: 'dexie/dist/modern/dexie.mjs' },
    ],
  },
  // Imported by a worker alone, where the server would find it only in the middle of a test.
  optimizeDeps: { include: ['@xenova/transformers'] },
  plugins: [
    svelte({ configFile: false, compilerOptions: { runes: true } }),
    kernelPlugin(),
    openaiPlugin(),
    securityHeaders(),
    VitePWA({
      strategies: 'injectManifest',
      srcDir: 'src',
      filename: 'sw.ts',
      injectRegister: false,
      manifest: false,
      // The worker is built for itself, with a table of its own; one line is enough.
      integration: { configureCustomSWViteBuild: (config) => void (config.logLevel = 'error') },
      injectManifest: {
        globPatterns: [
          '**/*.{js,css,html,svg,png,woff2,webmanifest}',
          // Not fetched before they are used (src/sw.ts).
          'workers/*.{mjs,wasm}',
        ],
        // Only the installer asks for these.
        globIgnores: ['screenshots/**', 'icons/*.png'],
        maximumFileSizeToCacheInBytes: 30_000_000,
      },
    }),
  ],
  build: {
    target: 'es2022',
    modulePreload: {
      polyfill: false,
      // The names of all chunks' chunks would be 1.7 kB of the first script, and most of them are what
      // the first view has loaded already.
      resolveDependencies: (_file, names, { hostType }) =>
        hostType === 'js' ? names.filter((name) => name.endsWith('.css')) : names,
    },
    rolldownOptions: {
      output: {
        codeSplitting: {
          // Small and in the first view; one by one they would be eight files more to fetch.
          groups: [
            {
              name: 'base',
              test: /\/src\/(domain\/(errors|message|message-tree|conversation|usage)|db\/(storage-errors|commit))\.ts$|@lucide\/svelte\/dist\/Icon|svelte\/src\/internal\/disclose-version/,
            },
          ],
        },
      },
    },
  },
  worker: {
    format: 'es',
    plugins: () => [kernelPlugin()],
    // A folder of their own, because public/_headers gives workers their own policy by folder.
    rolldownOptions: {
      output: {
        entryFileNames: 'workers/[name]-[hash].js',
        chunkFileNames: 'workers/[name]-[hash].js',
        assetFileNames: 'workers/[name]-[hash][extname]',
      },
    },
  },
  server: { port: 5173, strictPort: true },
  preview: { port: 4173, strictPort: true },
  test: {
    // Even where there are only two cores: tests in the browser wait half of their time.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    // `expect.poll` gives up after one second by itself: less than what some parts rest by intention.
    expect: { poll: { timeout: 20_000 } },
    projects: [
      {
        extends: true,
        test: {
          name: 'node',
          environment: 'node',
          // Modules here hold no state, and loading them anew for every file took longer than the
          // tests (190 s against 117 s).
          pool: 'threads',
          isolate: false,
          // The tests of the house start compilers and linters, and the checks of the code run beside them.
          testTimeout: 120_000,
          include: [
            'tests/unit/{domain,i18n,provider,usage,files,library,portability,inference,search,support,repository}/**/*.test.ts',
            'tests/unit/ui/markdown/**/*.node.test.ts',
            'tests/unit/backup/**/*.node.test.ts',
          ],
          exclude: ['**/*.browser.test.ts'],
        },
      },
      {
        extends: true,
        test: {
          name: 'browser',
          // As many as there is work for, and the checks of the code beside them.
          testTimeout: 120_000,
          include: [
            'tests/unit/{db,vault,cache,settings,chat,backup,maintenance,state,ui}/**/*.test.ts',
            'tests/unit/{files,library,portability,usage,inference,search}/**/*.browser.test.ts',
          ],
          exclude: ['**/*.node.test.ts'],
          globalSetup: ['tests/support/browser-setup.ts'],
          setupFiles: ['tests/support/patience.ts'],
          browser: browserConfig(),
        },
      },
      {
        extends: true,
        // `npm run test:long`: takes minutes, so it is not part of `npm test`.
        test: { name: 'long', include: ['tests/long/**/*.test.ts'], browser: browserConfig() },
      },
    ],
  },
});
