import mjs from 'onnxruntime-web/ort-wasm-simd-threaded.mjs?url';
import wasm from 'onnxruntime-web/ort-wasm-simd-threaded.wasm?url';
import type { Engine } from './engine.ts';

/** Runs models on the processor, one thread. */
export const CPU_ENGINE: Engine = { paths: { wasm, mjs }, isGpu: false };
