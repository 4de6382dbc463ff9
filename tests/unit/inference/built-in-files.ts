import { readFileSync } from 'node:fs';
import { readStaticModel } from '#inference/static-model.ts';
import type { StaticModelFiles } from '#inference/static-model.ts';

const FOLDER = new URL('../../../public/models/onggi/static-multilingual/', import.meta.url);

/** The built-in model's files, from the repository. */
export function readBuiltInFiles(): StaticModelFiles {
  const json = (name: string): unknown => JSON.parse(readFileSync(new URL(name, FOLDER), 'utf8'));
  const bytes = readFileSync(new URL('onnx/model_quantized.onnx', FOLDER));
  return {
    config: json('config.json'),
    tokenizer: json('tokenizer.json'),
    onnx: bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength),
  };
}

export const readBuiltInModel = () => readStaticModel(readBuiltInFiles());

/** Cosine of two vectors of length 1. */
export function dot(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, value, at) => sum + value * (b[at] ?? 0), 0);
}
