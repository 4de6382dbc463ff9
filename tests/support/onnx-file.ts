/** Writes ONNX files: the protobuf messages of onnx.proto that a small model needs, by field number. */

/** A named tensor of fixed numbers. */
export interface OnnxTensor {
  readonly name: string;
  readonly dims: readonly number[];
  readonly values: Float32Array | Int8Array | BigInt64Array;
}

export interface OnnxNode {
  readonly type: string;
  readonly inputs: readonly string[];
  readonly output: string;
  /** Whole numbers, fractions with a point are not needed here, and lists of whole numbers. */
  readonly attributes?: Readonly<Record<string, number | readonly number[]>>;
}

/** A graph with int64 inputs and one float output, all of the shape `dims`. */
export interface OnnxGraph {
  readonly inputs: readonly string[];
  readonly inputDims: readonly string[];
  readonly output: string;
  readonly outputDims: readonly (string | number)[];
  readonly nodes: readonly OnnxNode[];
  readonly tensors: readonly OnnxTensor[];
}

type Field = readonly [number: number, value: number | string | Uint8Array];

const encoder = new TextEncoder();
const [FLOAT, INT8, INT64] = [1, 3, 7];
const [INT_ATTRIBUTE, INTS_ATTRIBUTE] = [2, 7];
/** Where the numbers of a tensor are, and from which size on they may be elsewhere. */
const [EXTERNAL, LARGE_BYTES] = [1, 256];

function varint(value: number): number[] {
  const bytes = [];
  // Negative numbers are ten bytes of two's complement.
  let rest = BigInt.asUintN(64, BigInt(value));
  do {
    const byte = Number(rest & 0x7fn);
    rest >>= 7n;
    bytes.push(rest > 0n ? byte | 0x80 : byte);
  } while (rest > 0n);
  return bytes;
}

/** A protobuf message: numbers as varints, all else with its length. */
function message(...fields: readonly Field[]): Uint8Array {
  const parts: (Uint8Array | number[])[] = [];
  for (const [number, value] of fields) {
    if (typeof value === 'number') parts.push(varint(number << 3), varint(value));
    else {
      const bytes = typeof value === 'string' ? encoder.encode(value) : value;
      parts.push(varint((number << 3) | 2), varint(bytes.length), bytes);
    }
  }
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** A file beside the model in which large tensors lie, as far as it is written. */
interface DataFile {
  readonly name: string;
  readonly parts: Uint8Array[];
}

function tensor({ name, dims, values }: OnnxTensor, data?: DataFile): Uint8Array {
  const type = values instanceof Float32Array ? FLOAT : values instanceof Int8Array ? INT8 : INT64;
  const raw = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  const named: Field[] = [...dims.map((dim): Field => [1, dim]), [2, type], [8, name]];
  if (!data || raw.length < LARGE_BYTES) return message(...named, [9, raw]);
  const offset = data.parts.reduce((sum, { length }) => sum + length, 0);
  data.parts.push(raw);
  const told = { location: data.name, offset: String(offset), length: String(raw.length) };
  const entries = Object.entries(told).map(([key, value]): Field => [
    13,
    message([1, key], [2, value]),
  ]);
  return message(...named, ...entries, [14, EXTERNAL]);
}

function node({ type, inputs, output, attributes = {} }: OnnxNode): Uint8Array {
  const told = Object.entries(attributes).map(([name, value]): Field => {
    const fields: Field[] =
      typeof value === 'number'
        ? [
            [3, value],
            [20, INT_ATTRIBUTE],
          ]
        : [...value.map((each): Field => [8, each]), [20, INTS_ATTRIBUTE]];
    return [5, message([1, name], ...fields)];
  });
  return message(...inputs.map((name): Field => [1, name]), [2, output], [4, type], ...told);
}

function valueInfo(name: string, type: number, dims: readonly (string | number)[]): Uint8Array {
  const shape = message(
    ...dims.map((dim): Field => [1, message(typeof dim === 'number' ? [1, dim] : [2, dim])]),
  );
  return message([1, name], [2, message([1, message([1, type], [2, shape])])]);
}

/** The bytes of a model of opset 17, and those of a file beside it of that name with its large tensors. */
export function writeOnnxInTwo(
  graph: OnnxGraph,
  dataName: string,
): { readonly model: Uint8Array; readonly data: Uint8Array } {
  const data: DataFile = { name: dataName, parts: [] };
  const model = writeOnnx(graph, data);
  return { model, data: new Uint8Array(data.parts.flatMap((part) => [...part])) };
}

/** The bytes of a model of opset 17. @param data Gets the large tensors, which are then not in it. */
export function writeOnnx(graph: OnnxGraph, data?: DataFile): Uint8Array {
  const { inputs, inputDims, output, outputDims, nodes, tensors } = graph;
  const body = message(
    ...nodes.map((each): Field => [1, node(each)]),
    [2, 'onggi-test'],
    ...tensors.map((each): Field => [5, tensor(each, data)]),
    ...inputs.map((name): Field => [11, valueInfo(name, INT64, inputDims)]),
    [12, valueInfo(output, FLOAT, outputDims)],
  );
  return message([1, 8], [7, body], [8, message([1, ''], [2, 17])]);
}
