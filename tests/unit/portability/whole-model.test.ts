/** A model that a file names for a conversation as a whole is that of its answers. */
import { expect, it } from 'vitest';
import type { ImportedConversation } from '#domain/imported.ts';
import { createItemFilter } from '#portability/filter-items.ts';
import { createImportTally } from '#portability/import-tally.ts';
import { openFiles } from '#portability/open-files.ts';
import { readImports } from '#portability/read-imports.ts';
import { recognizeFiles } from '#portability/recognize-files.ts';
import { fileOf } from './import-files.ts';

const talk = [
  { role: 'user', content: '옹기가 뭐야?' },
  { role: 'assistant', content: 'A jar.' },
];
const dated = talk.map((message, index) => ({
  ...message,
  id: `m${index}`,
  createdAt: `2026-01-01T00:00:0${index}.000Z`,
}));

const FILES: readonly (readonly [string, string, unknown])[] = [
  [
    'Claude',
    'conversations.json',
    [
      {
        uuid: 'c',
        name: 'C',
        model: 'the-model',
        chat_messages: dated.map(({ id, role, content, createdAt }) => ({
          uuid: id,
          sender: role === 'user' ? 'human' : role,
          text: content,
          created_at: createdAt,
        })),
      },
    ],
  ],
  [
    'BetterChatGPT',
    'chats.json',
    [{ id: 'c', title: 'C', titleSet: true, config: { model: 'the-model' }, messages: talk }],
  ],
  [
    'chatbot-ui',
    'history.json',
    {
      version: 4,
      history: [{ id: 1, name: 'C', messages: talk, model: { id: 'the-model' } }],
      folders: [],
      prompts: [],
    },
  ],
  [
    'AI Studio',
    'C.json',
    {
      runSettings: { model: 'models/the-model' },
      chunkedPrompt: {
        chunks: [
          { role: 'user', text: 'Q' },
          { role: 'model', text: 'A' },
        ],
      },
    },
  ],
  [
    'ShareGPT',
    'data.json',
    [
      {
        id: 'c',
        model: 'the-model',
        conversations: [
          { from: 'human', value: 'Q' },
          { from: 'gpt', value: 'A' },
        ],
      },
    ],
  ],
  [
    'NextChat',
    'nextchat.json',
    {
      'chat-next-web-store': {
        sessions: [
          {
            id: 'c',
            topic: 'C',
            messages: dated,
            mask: { context: [], modelConfig: { model: 'the-model' } },
          },
        ],
      },
    },
  ],
  [
    'LibreChat',
    'librechat.json',
    {
      conversationId: 'c',
      endpoint: 'openAI',
      title: 'C',
      options: { model: 'the-model' },
      messages: dated.map(({ id, role, content, createdAt }) => ({
        messageId: id,
        isCreatedByUser: role === 'user',
        text: content,
        createdAt,
      })),
    },
  ],
  [
    'ChatGPT',
    'conversations.json',
    [
      {
        id: 'c',
        default_model_slug: 'the-model',
        mapping: Object.fromEntries(
          dated.map(({ id, role, content }, index) => [
            id,
            {
              id,
              parent: index === 0 ? null : 'm0',
              message: { author: { role }, content: { content_type: 'text', parts: [content] } },
            },
          ]),
        ),
      },
    ],
  ],
];

async function read(path: string, content: unknown) {
  const opened = await openFiles([fileOf(path, JSON.stringify(content))]);
  const { files, summaries, refused } = await recognizeFiles(opened);
  expect(refused).toEqual([]);
  const tally = createImportTally();
  const filter = createItemFilter(tally);
  const taken: ImportedConversation[] = [];
  for await (const outcome of readImports(files)) {
    const wanted = filter(outcome);
    if (wanted?.kind === 'conversation') taken.push(wanted.conversation);
  }
  return {
    models: taken.flatMap(({ messages }) => messages.map(({ modelUsed }) => modelUsed)),
    previewed: tally.toPreview(summaries).sources.map(({ chatModels }) => chatModels),
  };
}

it.each(FILES)('of %s is known in the preview and with its answers', async (_name, path, file) => {
  expect(await read(path, file)).toEqual({
    models: [null, 'the-model'],
    previewed: [['the-model']],
  });
});

it('does not take the place of one that an answer names', async () => {
  const [, path, file] = FILES[6] ?? [];
  const text = JSON.stringify(file).replace(
    '"isCreatedByUser":false',
    '"isCreatedByUser":false,"model":"other"',
  );
  expect(await read(path ?? '', JSON.parse(text))).toMatchObject({ models: [null, 'other'] });
});

it('is none where ChatGPT was left to choose', async () => {
  const [, path, file] = FILES[7] ?? [];
  const text = JSON.stringify(file).replace('the-model', 'auto');
  expect(await read(path ?? '', JSON.parse(text))).toEqual({
    models: [null, null],
    previewed: [[]],
  });
});
