/** The kernels of this folder are compiled by the build; see `scripts/kernel-plugin.mjs`. */

/** Whether this browser runs the kernel. Where WebAssembly is switched off there is no such object. */
export function canRun(kernel: BufferSource): boolean {
  return typeof WebAssembly === 'object' && WebAssembly.validate(kernel);
}

/**
 * What a kernel exports, with memory of its own; undefined where the host's policy does not allow it or there
 * is no memory for it.
 */
export async function loadKernel<Exports>(kernel: BufferSource): Promise<Exports | undefined> {
  try {
    const { instance } = await WebAssembly.instantiate(kernel);
    return instance.exports as unknown as Exports;
  } catch {
    return undefined;
  }
}
