/**
 * Reads the files of a static embedding model: one row of numbers for every piece of a vocabulary, and
 * nothing else (the idea of Model2Vec). The table stands in the ONNX file as int8 with one float scale a
 * row; `config.json` says at which byte, so no ONNX runtime is needed.
 */
import * as v from 'valibot';
import { OnggiError } from '#domain/errors.ts';
import type { Vocabulary } from './unigram.ts';

const Count = v.pipe(v.number(), v.integer(), v.minValue(1));
const Config = v.object({
  static: v.object({
    rows: Count,
    dim: Count,
    /** Byte offsets in the ONNX file: `rows × dim` int8, and `rows` float32, little-endian. */
    table_offset: Count,
    scale_offset: Count,
  }),
});
const Tokenizer = v.object({
  model: v.object({
    type: v.literal('Unigram'),
    unk_id: v.literal(0),
    vocab: v.array(v.tuple([v.string(), v.number()])),
  }),
});

/** A static embedding model in memory. */
export interface StaticModel {
  readonly dimension: number;
  readonly vocabulary: Vocabulary;
  /** Row after row, as many as the vocabulary has pieces; row 0 (unknown) is not used. */
  readonly table: Int8Array;
  /** What a row's numbers are multiplied with. */
  readonly scales: Float32Array;
}

/** The three files of a model: parsed JSON, and the ONNX file's bytes. */
export interface StaticModelFiles {
  readonly config: unknown;
  readonly tokenizer: unknown;
  readonly onnx: ArrayBuffer;
}

/**
 * The model of its files. The table is a view of `onnx`, not a copy.
 * @throws OnggiError `model/damaged` when the files do not belong together or are something else.
 */
export function readStaticModel({ config, tokenizer, onnx }: StaticModelFiles): StaticModel {
  const layout = v.safeParse(Config, config);
  const pieces = v.safeParse(Tokenizer, tokenizer);
  if (!layout.success || !pieces.success) throw damaged('not the files of a static model');
  const { rows, dim, table_offset, scale_offset } = layout.output.static;
  const { vocab } = pieces.output.model;
  if (vocab.length !== rows) throw damaged('vocabulary and table differ in length');
  const lastByte = Math.max(table_offset + rows * dim, scale_offset + rows * 4);
  if (lastByte > onnx.byteLength) throw damaged('the table is cut off');
  return {
    dimension: dim,
    vocabulary: {
      pieces: vocab.map(([piece]) => piece),
      scores: Float32Array.from(vocab, ([, score]) => score),
    },
    table: new Int8Array(onnx, table_offset, rows * dim),
    // The offset need not be a multiple of four, which a view would want.
    scales: new Float32Array(onnx.slice(scale_offset, scale_offset + rows * 4)),
  };
}

function damaged(message: string): OnggiError {
  return new OnggiError('model/damaged', message);
}
