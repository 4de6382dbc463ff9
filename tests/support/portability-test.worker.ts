/**
 * The portability worker as tests start it. Vitest turns each `import()` into a question to its own
 * runner, which a page has and a worker has not: here is one that just imports.
 */
import '#portability/portability.worker.ts';

Object.assign(globalThis, {
  __vitest_browser_runner__: { wrapDynamicImport: (load: () => unknown) => load() },
});
