/** What families of embedding models want besides the text. Their cards say it; their files do not. */

/** How texts are given to a model, and how its sentence is read. */
export interface ModelFamily {
  readonly queryPrefix: string;
  readonly passagePrefix: string;
  readonly pooling: 'mean' | 'cls';
}

const PLAIN: ModelFamily = { queryPrefix: '', passagePrefix: '', pooling: 'mean' };

/** By the name of the repository. Sources: the model cards of the families' authors. */
const FAMILIES: readonly (readonly [name: RegExp, family: Partial<ModelFamily>])[] = [
  [/(^|[/_-])e5-/i, { queryPrefix: 'query: ', passagePrefix: 'passage: ' }],
  [
    /bge-(small|base|large)-en/i,
    {
      queryPrefix: 'Represent this sentence for searching relevant passages: ',
      pooling: 'cls',
    },
  ],
  [
    /bge-(small|base|large)-zh/i,
    { queryPrefix: '为这个句子生成表示以用于检索相关文章：', pooling: 'cls' },
  ],
  [/bge-|gte-(multilingual|modernbert)|snowflake-arctic/i, { pooling: 'cls' }],
  [/nomic-embed/i, { queryPrefix: 'search_query: ', passagePrefix: 'search_document: ' }],
  [
    /mxbai-embed/i,
    { queryPrefix: 'Represent this sentence for searching relevant passages: ', pooling: 'cls' },
  ],
];

/** @param id Name of the model, of which the last part counts. */
export function describeModel(id: string): ModelFamily {
  const found = FAMILIES.find(([name]) => name.test(id));
  return { ...PLAIN, ...found?.[1] };
}
