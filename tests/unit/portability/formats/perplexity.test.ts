import { describe, expect, it } from 'vitest';
import { perplexity } from '#portability/formats/perplexity.ts';
import {
  expectToSurviveMangling,
  messageOf,
  readAll,
  readOne,
  sampleOf,
  treeOf,
} from '../../../support/import-formats.ts';

const OWN = {
  metadata: { thread_title: '김치 역사', thread_id: 't1' },
  conversations: [
    {
      uuid: 'q1',
      query: '언제?',
      answer: 'Long ago [1].',
      model: 'sonar',
      mode: 'concise',
      timestamp: '2026-01-01T00:00:00Z',
      sources: [{ title: 'A', url: 'https://a.example', snippet: 's' }, null],
      related_queries: ['왜?'],
    },
    null,
    { uuid: 'q2', query: 'and then?', answer: null, timestamp: '2026-01-01T00:01:00Z' },
  ],
};

const RECORDS = {
  status: 'success',
  entries: [
    {
      uuid: 'e1',
      context_uuid: 'ctx',
      thread_title: 'Salt',
      query_str: '소금?',
      display_model: 'turbo',
      entry_created_datetime: '2026-02-01T00:00:00.123456',
      attachments: ['https://files.example/dir/메모.pdf?sig=1'],
      blocks: [
        { intended_usage: 'ask_text_0_markdown', markdown_block: { answer: 'Yes' } },
        { intended_usage: 'ask_text', markdown_block: { answer: 'Yes', chunks: ['Y', 'es'] } },
        {
          intended_usage: 'web_results',
          web_result_block: { web_results: [{ name: 'B', url: 'https://b.example' }] },
        },
        { intended_usage: 'plan', plan_block: { goals: [] } },
        { intended_usage: 'hologram', beam: 1 },
        null,
      ],
    },
  ],
  thread_metadata: { title: 'Salt thread' },
};

it('recognises both schemas and nothing else', () => {
  for (const file of [
    OWN,
    RECORDS,
    [OWN],
    { metadata: { thread_title: 'x' }, conversations: [] },
  ]) {
    expect(perplexity.matches(sampleOf(file, 'perplexity_x.json'))).toBe(true);
  }
  const others = [
    { conversations: [{ from: 'x', value: 'y' }] },
    { conversations: [{ mapping: {} }] },
  ];
  for (const file of [null, 'x', [], {}, { entries: [] }, { metadata: {} }, ...others]) {
    expect(perplexity.matches(sampleOf(file))).toBe(false);
  }
});

describe('the exporter’s own schema', () => {
  it('gives a question and an answer an entry', () => {
    const read = readOne(perplexity, OWN);
    expect(treeOf(read)).toEqual(['q1:query<', 'q1<q1:query', 'q2:query<q1']);
    expect(read).toMatchObject({ sourceId: 't1', title: '김치 역사', notes: [] });
    expect(messageOf(read, 'q1')).toMatchObject({
      role: 'assistant',
      content: 'Long ago [1].',
      modelUsed: 'sonar',
      timestamp: Date.UTC(2026, 0, 1),
      metadata: {
        citations: [{ title: 'A', url: 'https://a.example', text: 's' }],
        mode: 'concise',
      },
      parts: [{ type: 'follow_ups', items: ['왜?'] }],
    });
    expect(messageOf(read, 'q2:query')).toMatchObject({ role: 'user', content: 'and then?' });
  });

  it('derives what has no id, the same each time', () => {
    const file = { conversations: [{ query: 'q', answer: 'a' }] };
    const [first, second] = [readOne(perplexity, file), readOne(perplexity, file)];
    expect(first.messages.map(({ sourceId }) => sourceId)).toEqual(
      second.messages.map(({ sourceId }) => sourceId),
    );
    expect(first.sourceId).toBe(second.sourceId);
    expect(first.notes).toEqual(['ids_derived', 'date_unknown']);
  });
});

describe('Perplexity’s records', () => {
  it('give the answer once, its sources and the other blocks as parts', () => {
    const read = readOne(perplexity, RECORDS);
    expect(read).toMatchObject({ sourceId: 'ctx', title: 'Salt thread' });
    expect(messageOf(read, 'e1')).toMatchObject({
      content: 'Yes',
      modelUsed: 'turbo',
      metadata: { citations: [{ title: 'B', url: 'https://b.example', text: null }] },
    });
    expect(messageOf(read, 'e1').parts).toEqual([
      { type: 'plan', intended_usage: 'plan', plan_block: { goals: [] } },
      { type: 'hologram', intended_usage: 'hologram', beam: 1 },
    ]);
    expect(messageOf(read, 'e1:query').attachments).toMatchObject([{ name: '메모.pdf' }]);
    expect(read.notes).toEqual(['unknown_block', 'zone_assumed']);
  });

  it('of a cut answer take its pieces', () => {
    const blocks = [{ intended_usage: 'ask_text', markdown_block: { chunks: ['ha', 'lf', null] } }];
    const file = { entries: [{ uuid: 'e', query_str: 'q', blocks }] };
    expect(messageOf(readOne(perplexity, file), 'e').content).toBe('half');
  });
});

it('skips what is bad', () => {
  const items = readAll(perplexity, [
    null,
    { metadata: { thread_title: 'T' } },
    { entries: [null] },
  ]);
  expect(items).toEqual([
    { kind: 'skipped', reason: 'not_an_object', label: null },
    { kind: 'skipped', reason: 'no_messages_field', label: 'T' },
    { kind: 'skipped', reason: 'empty_conversation', label: null },
  ]);
});

it('survives every field being of the wrong type', () => {
  expectToSurviveMangling(perplexity, OWN);
  expectToSurviveMangling(perplexity, RECORDS);
});
