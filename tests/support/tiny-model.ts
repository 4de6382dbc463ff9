/**
 * A tiny BERT of random weights in the layout of transformers.js: two layers, 32 numbers, one letter a
 * token. It exercises the code that loads models; texts with the same letters are near to each other, and
 * that is all its vectors mean.
 */
import { writeOnnx, writeOnnxInTwo } from './onnx-file.ts';
import type { OnnxGraph, OnnxNode, OnnxTensor } from './onnx-file.ts';

const [HIDDEN, INNER, LAYERS, POSITIONS] = [32, 64, 2, 128];
const SPECIAL = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]'];
const LETTERS = [
  ...Array.from('0123456789abcdefghijklmnopqrstuvwxyz'),
  ...Array.from({ length: 19 }, (_, at) => String.fromCodePoint(0x1100 + at)),
  ...Array.from({ length: 21 }, (_, at) => String.fromCodePoint(0x1161 + at)),
  ...Array.from({ length: 27 }, (_, at) => String.fromCodePoint(0x11a8 + at)),
];
const TOKENS = [...SPECIAL, ...LETTERS, ...LETTERS.map((letter) => `##${letter}`)];

/** Numbers around zero that are the same each time (an LCG of 32 bits). */
function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 0x8000_0000 - 1;
  };
}

/** What comes out of the model: a state for each token, or, as of one that guesses words, scores. */
type Output = 'last_hidden_state' | 'logits';

/** The files of the model by name. */
export function createTinyModel(
  output: Output = 'last_hidden_state',
): ReadonlyMap<string, Uint8Array> {
  const text = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));
  return new Map([
    [
      'config.json',
      text({
        model_type: 'bert',
        architectures: ['BertModel'],
        hidden_size: HIDDEN,
        num_hidden_layers: LAYERS,
        num_attention_heads: 1,
        intermediate_size: INNER,
        vocab_size: TOKENS.length,
        max_position_embeddings: POSITIONS,
      }),
    ],
    ['tokenizer.json', text(tokenizer())],
    [
      'tokenizer_config.json',
      text({ tokenizer_class: 'BertTokenizer', do_lower_case: true, pad_token: '[PAD]' }),
    ],
    ['onnx/model.onnx', writeOnnx(graph(false, output))],
    ['onnx/model_quantized.onnx', writeOnnx(graph(true, output))],
  ]);
}

/** The same in full precision alone, its weights in a file beside the model, as those of large models are. */
export function createSplitModel(): ReadonlyMap<string, Uint8Array> {
  const files = new Map(createTinyModel());
  files.delete('onnx/model_quantized.onnx');
  const { model, data } = writeOnnxInTwo(graph(false, 'last_hidden_state'), 'model.onnx_data');
  return files.set('onnx/model.onnx', model).set('onnx/model.onnx_data', data);
}

function tokenizer(): unknown {
  const special = SPECIAL.map((content, id) => ({
    id,
    content,
    special: true,
    single_word: false,
    lstrip: false,
    rstrip: false,
    normalized: false,
  }));
  const token = (id: string) => ({ SpecialToken: { id, type_id: 0 } });
  const known = (id: string) => ({ id, ids: [SPECIAL.indexOf(id)], tokens: [id] });
  return {
    version: '1.0',
    added_tokens: special,
    normalizer: {
      type: 'Sequence',
      normalizers: [{ type: 'NFKD' }, { type: 'Lowercase' }],
    },
    pre_tokenizer: { type: 'BertPreTokenizer' },
    post_processor: {
      type: 'TemplateProcessing',
      single: [token('[CLS]'), { Sequence: { id: 'A', type_id: 0 } }, token('[SEP]')],
      pair: [],
      special_tokens: { '[CLS]': known('[CLS]'), '[SEP]': known('[SEP]') },
    },
    decoder: { type: 'WordPiece', prefix: '##', cleanup: true },
    model: {
      type: 'WordPiece',
      unk_token: '[UNK]',
      continuing_subword_prefix: '##',
      max_input_chars_per_word: 100,
      vocab: Object.fromEntries(TOKENS.map((each, id) => [each, id])),
    },
  };
}

/** @param isQuantized Whether the large weights are int8. */
function graph(isQuantized: boolean, output: Output): OnnxGraph {
  const random = createRandom(12345);
  const nodes: OnnxNode[] = [];
  const tensors: OnnxTensor[] = [];
  const add = (
    type: string,
    inputs: readonly string[],
    output: string,
    attributes?: OnnxNode['attributes'],
  ): string => {
    nodes.push({ type, inputs, output, ...(attributes && { attributes }) });
    return output;
  };
  const floats = (name: string, dims: readonly number[], values: Float32Array): string => {
    tensors.push({ name, dims, values });
    return name;
  };
  const one = (name: string, value: number): string => floats(name, [1], Float32Array.of(value));

  function matrix(name: string, rows: number, columns: number): string {
    const size = 1.5 / Math.sqrt(rows);
    const values = Float32Array.from({ length: rows * columns }, () => random() * size);
    if (!isQuantized) return floats(name, [rows, columns], values);
    const scale = size / 127;
    const small = Int8Array.from(values, (value) => Math.round(value / scale));
    tensors.push({ name: `${name}-int8`, dims: [rows, columns], values: small });
    floats(`${name}-scale`, [], Float32Array.of(scale));
    return add('DequantizeLinear', [`${name}-int8`, `${name}-scale`], name);
  }

  function normalized(name: string, input: string): string {
    const scale = floats(`${name}-gain`, [HIDDEN], new Float32Array(HIDDEN).fill(1));
    const bias = floats(`${name}-bias`, [HIDDEN], new Float32Array(HIDDEN));
    return add('LayerNormalization', [input, scale, bias], name, { axis: -1 });
  }

  const axisOne: OnnxTensor = { name: 'axis-one', dims: [1], values: BigInt64Array.of(1n) };
  tensors.push(axisOne);
  // Position 1 and on for what counts, 0 for what fills up.
  tensors.push({ name: 'axis', dims: [], values: BigInt64Array.of(1n) });
  const positions = add('CumSum', ['attention_mask', 'axis'], 'positions');
  const words = add('Gather', [matrix('words', TOKENS.length, HIDDEN), 'input_ids'], 'word');
  const types = add('Gather', [matrix('types', 2, HIDDEN), 'token_type_ids'], 'type');
  const places = add('Gather', [matrix('places', POSITIONS + 1, HIDDEN), positions], 'place-whole');
  const place = add('Mul', [places, one('place-part', 0.1)], 'place');
  const typed = add('Add', [words, types], 'typed');
  let x = normalized('embedded', add('Add', [typed, place], 'placed'));

  const mask = add('Cast', ['attention_mask'], 'mask-float', { to: 1 });
  const filler = add('Sub', [one('one', 1), mask], 'filler');
  const cut = add('Mul', [filler, one('minus-much', -1e9)], 'cut-flat');
  const hidden = add('Unsqueeze', [cut, 'axis-one'], 'cut');

  for (let layer = 0; layer < LAYERS; layer++) {
    const name = (part: string): string => `${part}-${layer}`;
    const times = (input: string, part: string, rows: number, columns: number): string =>
      add('MatMul', [input, matrix(name(`w-${part}`), rows, columns)], name(part));
    const query = times(x, 'query', HIDDEN, HIDDEN);
    const key = add('Transpose', [times(x, 'key', HIDDEN, HIDDEN)], name('turned'), {
      perm: [0, 2, 1],
    });
    const raw = add('MatMul', [query, key], name('raw'));
    const scaled = add('Mul', [raw, one(name('part'), 1 / Math.sqrt(HIDDEN))], name('scaled'));
    const masked = add('Add', [scaled, hidden], name('masked'));
    const share = add('Softmax', [masked], name('share'), { axis: -1 });
    const value = times(x, 'value', HIDDEN, HIDDEN);
    const mixed = add('MatMul', [share, value], name('mixed'));
    const seen = times(mixed, 'seen', HIDDEN, HIDDEN);
    const attended = normalized(name('attended'), add('Add', [x, seen], name('sum')));
    const inner = add('Relu', [times(attended, 'inner', HIDDEN, INNER)], name('active'));
    const outer = times(inner, 'outer', INNER, HIDDEN);
    x = normalized(
      layer === LAYERS - 1 ? output : name('out'),
      add('Add', [attended, outer], name('sum2')),
    );
  }
  return {
    inputs: ['input_ids', 'attention_mask', 'token_type_ids'],
    inputDims: ['batch', 'sequence'],
    output,
    outputDims: ['batch', 'sequence', HIDDEN],
    nodes,
    tensors,
  };
}
