import path from 'node:path';
import { preview } from 'vite';
import type { PreviewServer } from 'vite';

const root = path.resolve(import.meta.dirname, '../..');

/** One origin that serves one build after another, as a host does when a new version is put on it. */
export interface BuildHost {
  readonly origin: string;
  /** @param outDir Folder of a build; relative to the repository. */
  serve(outDir: string): Promise<void>;
  close(): Promise<void>;
}

/** @param port Its own, so that hosts of several tests do not meet. */
export function createBuildHost(port: number): BuildHost {
  let server: PreviewServer | undefined;
  return {
    origin: `http://localhost:${port}`,
    async serve(outDir) {
      await server?.close();
      server = await preview({
        root,
        configFile: path.join(root, 'vite.config.ts'),
        logLevel: 'error',
        build: { outDir },
        preview: { port, strictPort: true },
      });
    },
    close: async () => server?.close(),
  };
}
