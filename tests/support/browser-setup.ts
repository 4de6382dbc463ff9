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
  project.provide('hasSharedModels', existsSync(SHARED_MODELS));
  return () => hub.close();
}
