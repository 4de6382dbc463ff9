/** `vi.waitFor` gives up after a second by itself, and no setting says otherwise: see `expect.poll` in vite.config.ts. */
import { vi } from 'vitest';

const waitFor = vi.waitFor.bind(vi);
vi.waitFor = (callback, options = 20_000) => waitFor(callback, options);
