import { describe, expect, it } from 'vitest';
import type { OnggiDatabase } from '#db/open-database.ts';
import type { ImportPreview } from '#domain/import-report.ts';
import type { ImportFile } from '#portability/open-files.ts';
import { previewImport } from '#portability/preview-import.ts';
import { runImport } from '#portability/run-import.ts';
import { openForTest } from '../db/fresh-database.ts';
import { fileOf, importOptions, snapshot } from './import-files.ts';

/** New, updated and unchanged, as the preview says and as the report says after it. */
async function take(db: OnggiDatabase, ...files: readonly ImportFile[]) {
  const preview = await previewImport(db, files, importOptions());
  const { report } = await runImport(db, files, importOptions());
  if (!report) throw new Error('no report');
  const fates = [preview, report].map(({ sources }: ImportPreview) =>
    sources.map(({ newCount, updatedCount, unchangedCount }) =>
      [newCount, updatedCount, unchangedCount].join(),
    ),
  );
  expect(fates[1]).toEqual(fates[0]);
  return fates[0];
}

const transcript = (...texts: readonly string[]) =>
  `# Pots\n\n${texts
    .map((text, index) => `## ${index % 2 === 0 ? 'User' : 'Assistant'}\n\n${text}\n`)
    .join('\n')}`;

const chatOf = (title: string, ...texts: readonly string[]) => ({
  title,
  titleSet: true,
  config: { model: 'm' },
  messages: texts.map((content, index) => ({
    role: index % 2 === 0 ? 'user' : 'assistant',
    content,
  })),
});

const topicOf = (exportedAt: string, ...texts: readonly string[]) => ({
  version: '2.0',
  exportedAt,
  title: 'Pots',
  messages: texts.map((content, index) => ({
    id: `m${index}`,
    role: index % 2 === 0 ? 'user' : 'assistant',
    content,
    createdAt: 1_700_000_000_000 + index,
  })),
});

const CASES: readonly (readonly [string, (...texts: string[]) => ImportFile])[] = [
  [
    'a Markdown transcript',
    (...texts) => fileOf(`chat (${texts.length}).md`, transcript(...texts)),
  ],
  [
    'an array of BetterChatGPT',
    (...texts) => fileOf('chats.json', [chatOf('Pots', ...texts), chatOf('Others', 'hi', 'hello')]),
  ],
  [
    'a topic of LobeHub',
    (...texts) => fileOf('topic.json', topicOf(`2026-11-0${texts.length}T00:00:00Z`, ...texts)),
  ],
];

/** As a version stored it that derived the id from all messages. */
async function asOfOlderVersion({ strict: db }: OnggiDatabase): Promise<void> {
  const rows = await db.conversations.toArray();
  await db.conversations.bulkPut(
    rows.map((row) => {
      const { import_whole: whole, import_state: _s, import_base: _b, ...metadata } = row.metadata;
      return { ...row, sourceId: String(whole), metadata };
    }),
  );
}

describe('a file without ids that has grown', () => {
  it.each(CASES)('updates what %s brought before', async (_name, fileFor) => {
    for (const isOfOlderVersion of [false, true]) {
      const db = await openForTest();
      await take(db, fileFor('What?', 'A pot.'));
      const count = (await snapshot(db)).conversations.length;
      if (isOfOlderVersion) await asOfOlderVersion(db);
      expect(await take(db, fileFor('What?', 'A pot.'))).toEqual([`0,0,${count}`]);
      const grown = fileFor('What?', 'A pot.', 'How old?', 'Old.');
      expect(await take(db, grown)).toEqual([`0,1,${count - 1}`]);
      expect(await take(db, grown)).toEqual([`0,0,${count}`]);
      const { conversations, messages } = await snapshot(db);
      expect(conversations).toHaveLength(count);
      expect(messages.filter(({ content }) => content === 'What?')).toHaveLength(1);
      expect(messages.filter(({ content }) => content === 'Old.')).toHaveLength(1);
    }
  });

  it('keeps apart two that begin alike, and updates each of them', async () => {
    const db = await openForTest();
    const one = chatOf('New chat', 'hi', 'hello', 'pots');
    const other = chatOf('New chat', 'hi', 'hello', 'cups');
    expect(await take(db, fileOf('a.json', [one, other]))).toEqual(['2,0,0']);
    expect(await take(db, fileOf('b.json', [other, one]))).toEqual(['0,0,2']);
    const grown = chatOf('New chat', 'hi', 'hello', 'cups', 'of clay');
    expect(await take(db, fileOf('c.json', [grown]))).toEqual(['0,1,0']);
    expect(await take(db, fileOf('d.json', [grown, one]))).toEqual(['0,0,2']);
    const { conversations, messages } = await snapshot(db);
    expect(conversations.map(({ messageCount }) => messageCount).sort()).toEqual([3, 4]);
    expect(messages).toHaveLength(7);
  });

  it('takes an answer that was tried again as another branch of the same talk', async () => {
    const db = await openForTest();
    await take(db, fileOf('a.md', transcript('What?', 'A pot.', 'How old?', 'Old.')));
    const file = fileOf('a.md', transcript('What?', 'A pot.', 'How old?', 'Very old.'));
    expect(await take(db, file)).toEqual(['0,1,0']);
    const { conversations, messages } = await snapshot(db);
    expect(conversations).toHaveLength(1);
    expect(messages.map(({ content }) => content).sort()).toEqual([
      'A pot.',
      'How old?',
      'Old.',
      'Very old.',
      'What?',
    ]);
  });
});

describe('a chat of SillyTavern', () => {
  const header = {
    user_name: 'Kim',
    character_name: 'Potter',
    create_date: '2024-03-05@12h30m45s',
  };
  const question = { name: 'Kim', is_user: true, mes: 'A pot?', send_date: '2024-03-05T12:00:00Z' };
  const answers = (shown: number, ...swipes: readonly string[]) => ({
    name: 'Potter',
    is_user: false,
    mes: swipes[shown],
    send_date: `2024-03-05T12:0${shown + 1}:00Z`,
    swipes,
    swipe_id: shown,
    swipe_info: swipes.map((_, index) => ({ send_date: `2024-03-05T12:0${index + 1}:00Z` })),
  });
  const fileWith = (...lines: readonly unknown[]) =>
    fileOf(
      'chat.jsonl',
      [header, question, ...lines].map((each) => JSON.stringify(each)).join('\n'),
    );

  it('gets no answer twice when another one is shown', async () => {
    const db = await openForTest();
    await take(db, fileWith(answers(0, 'Yes.')));
    expect(await take(db, fileWith(answers(1, 'Yes.', 'No.')))).toEqual(['0,1,0']);
    await take(db, fileWith(answers(0, 'Yes.', 'No.')));
    const { messages } = await snapshot(db);
    expect(messages.map(({ content }) => content).sort()).toEqual(['A pot?', 'No.', 'Yes.']);
  });
});

describe('what an older version stored without blocks and models', () => {
  const file = fileOf('prod-grok-backend.json', {
    conversations: [
      {
        conversation: { id: 'c', title: 'Pots', create_time: '2026-01-01T00:00:00Z' },
        responses: ['human', 'assistant'].map((sender, index) => ({
          response: {
            _id: `r${index}`,
            parent_response_id: index === 0 ? null : 'r0',
            sender,
            message: `text ${index}`,
            create_time: `2026-01-01T00:00:0${index}Z`,
            model: 'grok-4',
            ...(index === 1 && { steps: [{ text: ['look'] }] }),
          },
        })),
      },
    ],
  });

  it('comes with the same file again, once, and no message twice', async () => {
    const db = await openForTest();
    expect(await take(db, file)).toEqual(['1,0,0']);
    const whole = await snapshot(db);
    await db.strict.messages.bulkPut(
      whole.messages.map((row) => ({
        ...row,
        parts: [],
        modelUsed: null,
        metadata: { ...row.metadata, steps: [{ text: ['look'] }] },
      })),
    );
    await db.strict.conversations.bulkPut(
      whole.conversations.map((row) => ({
        ...row,
        metadata: { ...row.metadata, import_state: 'of an older version' },
      })),
    );

    expect(await take(db, file)).toEqual(['0,1,0']);
    const { messages } = await snapshot(db);
    const said = (rows: typeof messages) =>
      rows.map(({ id, content, parts, modelUsed }) => ({ id, content, parts, modelUsed }));
    expect(said(messages)).toEqual(said(whole.messages));
    expect(messages.flatMap(({ parts }) => parts)).toEqual([
      { type: 'steps', items: [{ text: ['look'] }] },
    ]);

    expect(await take(db, file)).toEqual(['0,0,1']);
  });
});
