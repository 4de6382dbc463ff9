/** Starts what tests in the browser need beside it: a model hub. */
import { existsSync } from 'node:fs';
import type { TestProject } from 'vitest/node';
import { SHARED_MODELS, startModelHub } from './model-hub.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    modelHub: string;
    hasSharedModels: boolean;
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const hub = await startModelHub();
  project.provide('modelHub', hub.origin);
  const hasSharedModels = existsSync(SHARED_MODELS);
  project.provide('hasSharedModels', hasSharedModels);
  if (!hasSharedModels) {
    console.warn(
      `Tests of real models are skipped: ${SHARED_MODELS} is not there. See docs/models.md.`,
    );
  }
  return () => hub.close();
}
