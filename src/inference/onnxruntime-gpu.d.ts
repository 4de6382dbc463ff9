/** ONNX Runtime with WebGPU (`imports` of package.json); see [Note: Two engines]. Nothing of it is named. */
declare module '#packages/onnxruntime-gpu' {
  export const env: unknown;
}
