/** The copy of the vectors in files, for as long as it can be written. */
import type { SidecarStore } from './sidecar-store.ts';
import { openVectorSidecar } from './vector-sidecar.ts';
import type { VectorSidecar, VectorSidecarDeps } from './vector-sidecar.ts';

export interface VectorCopy {
  /** Undefined where there are no files, or none any more. */
  readonly files: () => VectorSidecar | undefined;
  /** Does something to the files; where that fails (a full disk), work goes on without them. */
  write(work: (to: VectorSidecar) => Promise<void>): Promise<void>;
  /** Lets go of the files. */
  readonly close: () => void;
}

/** @param store Where the files are; without it there is no copy. */
export async function openVectorCopy(
  deps: Omit<VectorSidecarDeps, 'store'> & { readonly store: SidecarStore | undefined },
): Promise<VectorCopy> {
  const { store } = deps;
  let files = store && (await openVectorSidecar({ ...deps, store }).catch(() => undefined));

  function close(): void {
    files?.close();
    files = undefined;
  }

  return {
    files: () => files,
    async write(work) {
      if (!files) return;
      try {
        await work(files);
      } catch {
        close();
      }
    },
    close,
  };
}
