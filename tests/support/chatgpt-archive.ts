/**
 * A ChatGPT export as people get it since 2026: sharded conversations, a manifest, assets as `.dat`.
 * Small, and written after FORMATS 2.1.
 */
import { strToU8, zipSync } from 'fflate';

/** A one-pixel PNG. */
const PNG = Uint8Array.from(
  atob(
    'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  ),
  (character) => character.charCodeAt(0),
);

interface Node {
  readonly id: string;
  readonly parent: string | null;
  readonly message: unknown;
}

interface Words {
  readonly role: 'user' | 'assistant';
  readonly text: string;
  readonly at: number;
  readonly metadata?: unknown;
  readonly content?: unknown;
}

function node(id: string, parent: string | null, words: Words | null): Node {
  const message = words && {
    id,
    author: { role: words.role },
    create_time: words.at,
    content: words.content ?? { content_type: 'text', parts: [words.text] },
    ...(words.metadata === undefined ? {} : { metadata: words.metadata }),
  };
  return { id, parent, message };
}

function conversation(id: string, title: string, nodes: readonly Node[], leaf: string, at: number) {
  return {
    conversation_id: id,
    id,
    title,
    create_time: at,
    update_time: at + 600,
    mapping: Object.fromEntries(nodes.map((entry) => [entry.id, entry])),
    current_node: leaf,
    is_archived: false,
  };
}

const START = 1_760_000_000;

/** With branches, an image, a citation, markup that must not run, and one conversation without messages. */
const CONVERSATIONS = [
  conversation(
    'c-kimchi',
    '김치찌개 2인분',
    [
      node('root-1', null, null),
      node('q1', 'root-1', { role: 'user', text: '김치찌개 레시피 알려줘 🍲', at: START }),
      node('a1', 'q1', {
        role: 'assistant',
        text: '돼지고기와 **신김치**를 볶습니다.',
        at: START + 5,
        metadata: { model_slug: 'gpt-4o' },
      }),
      node('a1b', 'q1', {
        role: 'assistant',
        text: '두부를 넣어도 좋아요.',
        at: START + 60,
        metadata: { model_slug: 'gpt-5' },
      }),
    ],
    'a1b',
    START,
  ),
  conversation(
    'c-image',
    'A picture',
    [
      node('root-2', null, null),
      node('q2', 'root-2', {
        role: 'user',
        text: '',
        at: START + 86_400,
        content: {
          content_type: 'multimodal_text',
          parts: [
            {
              content_type: 'image_asset_pointer',
              asset_pointer: 'sediment://file_0001',
              size_bytes: PNG.length,
              width: 1,
              height: 1,
            },
            'What is this?',
          ],
        },
        metadata: {
          attachments: [
            { id: 'file_0001', name: 'jar.png', mime_type: 'image/png', size: PNG.length },
          ],
        },
      }),
      node('a2', 'q2', {
        role: 'assistant',
        text: 'A jar. <img src=x onerror="window.__onggiPwned=1"> <script>window.__onggiPwned=1</script>',
        at: START + 86_410,
        metadata: {
          model_slug: 'gpt-4o',
          citations: [
            { metadata: { type: 'webpage', title: 'Jars', url: 'https://example.org/jars' } },
          ],
        },
      }),
    ],
    'a2',
    START + 86_400,
  ),
  conversation('c-empty', 'Nothing in it', [node('root-3', null, null)], 'root-3', START),
];

/** The archive. @param extra Text added to the first answer as one more message, as a later export has it. */
export function createChatgptArchive(extra?: string): Uint8Array {
  const [first, ...rest] = structuredClone(CONVERSATIONS);
  if (!first) throw new Error('no conversation');
  if (extra !== undefined) {
    first.mapping['q9'] = node('q9', 'a1b', { role: 'user', text: extra, at: START + 900 });
    first.current_node = 'q9';
    first.update_time = START + 900;
  }
  const json = (value: unknown) => strToU8(JSON.stringify(value));
  return zipSync({
    'conversations-000.json': json([first, null]),
    'conversations-001.json': json(rest),
    'export_manifest.json': json({
      version: 1,
      logical_files: {
        'conversations.json': {
          files: ['conversations-000.json', 'conversations-001.json'],
          sharded: true,
        },
      },
    }),
    'conversation_asset_file_names.json': json({ 'file_0001.dat': 'jar.png' }),
    'file_0001.dat': PNG,
    'user.json': json({ id: 'user-x', email: 'somebody@example.org' }),
    'message_feedback.json': json([
      { id: 'a1', conversation_id: 'c-kimchi', rating: 'thumbsUp', content: '{}' },
    ]),
  });
}
