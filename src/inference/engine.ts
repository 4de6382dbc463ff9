/**
 * [Note: Two engines] ONNX Runtime comes as a program for the processor alone, and as one with WebGPU that is
 * twice as large and no quicker on a processor. Each has a worker of its own, so that only those who choose the
 * graphics processor fetch the larger one. transformers.js asks for the larger one; `vite.config.ts` gives it
 * the smaller, and where `Symbol.for('onnxruntime')` stands it takes what stands there instead.
 */
export interface Engine {
  /** Addresses of its two files, of the app's own origin. */
  readonly paths: { readonly wasm: string; readonly mjs: string };
  readonly isGpu: boolean;
}
