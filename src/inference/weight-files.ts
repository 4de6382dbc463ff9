/**
 * Weights that are too large for one ONNX file lie in files beside it, whose names transformers.js makes of its
 * own: `model.onnx_data`, `model.onnx_data_1`, …
 * @param onnx Path of the ONNX file.
 * @param isThere Whether there is a file of that path.
 */
export function findDataFiles(onnx: string, isThere: (name: string) => boolean): readonly string[] {
  const names: string[] = [];
  for (let name = `${onnx}_data`; isThere(name); name = `${onnx}_data_${names.length}`) {
    names.push(name);
  }
  return names;
}

/** Whether an ONNX file says that weights of its lie in the file of that name: the name stands in it as it is. */
export function namesDataFile(onnx: Uint8Array, name: string): boolean {
  const wanted = new TextEncoder().encode(name);
  const [first = 0] = wanted;
  for (let at = onnx.indexOf(first); at >= 0; at = onnx.indexOf(first, at + 1)) {
    if (!wanted.every((byte, index) => onnx[at + index] === byte)) continue;
    // `model.onnx_data_1` is another file than `model.onnx_data`, and begins with its name.
    if (onnx[at + wanted.length] !== UNDERSCORE) return true;
  }
  return false;
}

const UNDERSCORE = 0x5f;
