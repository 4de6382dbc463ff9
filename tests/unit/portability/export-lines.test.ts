import { describe, expect, it } from 'vitest';
import { createConversation } from '#domain/conversation.ts';
import type { Conversation } from '#domain/conversation.ts';
import { LOCAL_USER_ID, toConversationId, toMessageId, toSessionId } from '#domain/ids.ts';
import { createMessage } from '#domain/message.ts';
import type { Message } from '#domain/message.ts';
import type { UsageStatistic } from '#domain/usage.ts';
import type { WholeConversation } from '#portability/conversation-fields.ts';
import { conversationToMarkdown, messageToMarkdown } from '#portability/copy-as-markdown.ts';
import { writeFineTuningLine } from '#portability/export-fine-tuning.ts';
import { writeShareGptLine } from '#portability/export-sharegpt.ts';
import { writeUsageCsvHeader, writeUsageCsvLine } from '#portability/export-usage-csv.ts';

type Said = readonly [Message['role'], string, Partial<Message>?];

function chain(said: readonly Said[], fields: Partial<Conversation> = {}): WholeConversation {
  const messages = said.map(([role, content, more], seq) =>
    createMessage({
      id: toMessageId(`m${seq}`),
      conversationId: toConversationId('c'),
      sessionId: toSessionId('s'),
      parentId: seq === 0 ? null : toMessageId(`m${seq - 1}`),
      seq,
      role,
      content,
      timestamp: seq,
      ...more,
    }),
  );
  const conversation = createConversation({
    id: toConversationId('c'),
    sessionId: toSessionId('s'),
    createdAt: 0,
    activeLeafId: messages.at(-1)?.id ?? null,
    ...fields,
  });
  return { conversation, messages };
}

const tuned = (whole: WholeConversation, skipsPoorAnswers = false): unknown => {
  const line = writeFineTuningLine(whole, { skipsPoorAnswers });
  return line === undefined ? undefined : (JSON.parse(line) as { messages: unknown }).messages;
};

describe('fine-tuning line', () => {
  it('is one line of JSON that ends with LF', () => {
    const line = writeFineTuningLine(
      chain([
        ['user', 'a\nb'],
        ['assistant', '옹기'],
      ]),
      {
        skipsPoorAnswers: false,
      },
    );
    expect(line).toBe(
      '{"messages":[{"role":"user","content":"a\\nb"},{"role":"assistant","content":"옹기"}]}\n',
    );
  });

  it('puts instructions first, joins one role in a row and ends with an answer', () => {
    const whole = chain(
      [
        ['assistant', 'welcome'],
        ['user', 'one'],
        ['user', 'two'],
        ['system', 'be brief'],
        ['assistant', 'three'],
        ['tool', '{"x":1}', { metadata: { hidden: true } }],
        ['assistant', 'four'],
        ['user', 'unanswered'],
      ],
      { systemPrompt: 'be kind' },
    );
    expect(tuned(whole)).toEqual([
      { role: 'system', content: 'be kind\n\nbe brief' },
      { role: 'user', content: 'one\n\ntwo' },
      { role: 'assistant', content: 'three\n\nfour' },
    ]);
  });

  it('takes complete messages of the shown branch only', () => {
    const whole = chain([
      ['user', 'a'],
      ['assistant', 'cut', { status: 'stopped' }],
      ['assistant', 'thinking', { metadata: { hidden: true } }],
      ['assistant', 'whole'],
      ['user', 'b'],
      ['assistant', ' '],
      ['assistant', 'other', { parentId: toMessageId('m0') }],
    ]);
    const shown = {
      ...whole,
      conversation: { ...whole.conversation, activeLeafId: toMessageId('m5') },
    };
    expect(tuned(shown)).toEqual([
      { role: 'user', content: 'a' },
      { role: 'assistant', content: 'whole' },
    ]);
  });

  it('leaves out a conversation without an answer', () => {
    expect(tuned(chain([['user', 'a']]))).toBeUndefined();
    expect(
      tuned(
        chain([
          ['assistant', 'a'],
          ['user', 'b'],
        ]),
      ),
    ).toBeUndefined();
    expect(tuned(chain([]))).toBeUndefined();
  });

  it('marks poor answers on request', () => {
    const whole = chain([
      ['user', 'a'],
      ['assistant', 'b', { rating: 2 }],
      ['assistant', 'c'],
    ]);
    expect(tuned(whole, true)).toEqual([
      { role: 'user', content: 'a' },
      { role: 'assistant', content: 'b\n\nc', weight: 0 },
    ]);
    expect(JSON.stringify(tuned(whole))).not.toContain('weight');
  });
});

describe('ShareGPT line', () => {
  it('names the speakers, tools among them, and neither joins nor cuts', () => {
    const whole = chain(
      [
        ['user', 'one'],
        ['user', 'two'],
        ['tool', 'result'],
        ['function', 'result 2'],
        ['assistant', 'three'],
        ['user', 'four'],
      ],
      { systemPrompt: 'be kind' },
    );
    expect(JSON.parse(writeShareGptLine(whole) ?? '')).toEqual({
      id: 'c',
      conversations: [
        { from: 'system', value: 'be kind' },
        { from: 'human', value: 'one' },
        { from: 'human', value: 'two' },
        { from: 'tool', value: 'result' },
        { from: 'tool', value: 'result 2' },
        { from: 'gpt', value: 'three' },
        { from: 'human', value: 'four' },
      ],
    });
  });

  it('says an instruction once and leaves out what says nothing', () => {
    const said = chain(
      [
        ['system', 'be kind'],
        ['user', 'a'],
      ],
      { systemPrompt: 'be kind' },
    );
    expect(writeShareGptLine(said)?.split('be kind')).toHaveLength(2);
    expect(writeShareGptLine(chain([], { systemPrompt: 'be kind' }))).toBeUndefined();
  });
});

describe('usage as CSV', () => {
  const row: UsageStatistic = {
    id: 'x',
    userId: LOCAL_USER_ID,
    date: '2026-11-22',
    model: 'gpt-4o',
    requestCount: 3,
    promptTokens: 10,
    completionTokens: 20,
    totalTokens: 30,
    totalCostUsd: 0.5,
    unpricedCount: 1,
    totalResponseTimeMs: 2500,
    timedCount: 2,
    errorCount: 0,
  };

  it('has a column for every name', () => {
    expect(writeUsageCsvHeader()).toBe(
      'date,model,request_count,prompt_tokens,completion_tokens,total_tokens,total_cost_usd,' +
        'unpriced_count,avg_response_time,timed_count,error_count\r\n',
    );
    expect(writeUsageCsvLine(row)).toBe('2026-11-22,gpt-4o,3,10,20,30,0.5,1,1.25,2,0\r\n');
  });

  it('leaves the mean empty where nothing was timed', () => {
    expect(writeUsageCsvLine({ ...row, timedCount: 0 })).toContain(',1,,0,0\r\n');
  });

  it.each([
    ['=HYPERLINK("http://x")', `"'=HYPERLINK(""http://x"")"`],
    ['+1', "'+1"],
    ['-1', "'-1"],
    ['@SUM(A1)', "'@SUM(A1)"],
    ['\t=1', "'\t=1"],
    ['\n=1', `"'\n=1"`],
    ['\r=1', `"'\r=1"`],
    ['  =1', "'  =1"],
    ['\u3000＝1', "'\u3000＝1"],
    ['＝1', "'＝1"],
    ['＋1', "'＋1"],
    ['－1', "'－1"],
    ['＠SUM(A1)', "'＠SUM(A1)"],
    ['\tmodel', "'\tmodel"],
    ['\nmodel', `"'\nmodel"`],
    ['a,b', '"a,b"'],
    ['a\r\nb', '"a\r\nb"'],
    ['옹기"모델', '"옹기""모델"'],
  ])('keeps a name from being run or torn: %j', (model, cell) => {
    expect(writeUsageCsvLine({ ...row, model })).toBe(
      `2026-11-22,${cell},3,10,20,30,0.5,1,1.25,2,0\r\n`,
    );
  });
});

describe('copy as Markdown', () => {
  it('has the shown branch without marks of the exported file', () => {
    const whole = chain(
      [
        ['user', '옹기가 뭐야?'],
        ['tool', 'hidden step', { metadata: { hidden: true } }],
        ['assistant', 'A **jar**.\0', { reasoning: 'why' }],
      ],
      { title: '옹기\n항아리' },
    );
    expect(conversationToMarkdown(whole)).toBe(
      '# 옹기 항아리\n\n## User\n\n옹기가 뭐야?\n\n## Assistant\n\nA **jar**.\ufffd\n',
    );
  });

  it('speaks the language of the screen and needs no title', () => {
    const roles = { user: '나', assistant: '모델', system: '', function: '', tool: '' };
    expect(conversationToMarkdown(chain([['user', 'a']]), roles)).toBe('## 나\n\na\n');
  });

  it('takes a message as it was written', () => {
    const [message] = chain([['assistant', '# a\n']]).messages;
    expect(message && messageToMarkdown(message)).toBe('# a\n');
  });
});
