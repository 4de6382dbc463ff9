import * as runtime from '#packages/onnxruntime-gpu';
import mjs from 'onnxruntime-web/ort-wasm-simd-threaded.asyncify.mjs?url';
import wasm from 'onnxruntime-web/ort-wasm-simd-threaded.asyncify.wasm?url';
import type { Engine } from './engine.ts';

// See [Note: Two engines]; to be evaluated before transformers.js is.
Reflect.set(globalThis, Symbol.for('onnxruntime'), runtime);

/** Runs models on the graphics processor, and what that cannot do on the processor. */
export const GPU_ENGINE: Engine = { paths: { wasm, mjs }, isGpu: true };
