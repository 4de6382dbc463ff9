/** Every bad export that the issue names, and some that cost most, with what onggi is to say of each. */
import { gzipSync } from 'node:zlib';
import type { text } from '../e2e/seeded.ts';
import { SPACES, gzipSpaces, nested, withDirectory, withTurnedBit, zipOf } from './pack.ts';

type TextKey = Parameters<typeof text>[0];
type Holds = readonly [conversations: number, messages: number] | 'some';

/** A bad file and what comes of it. */
export interface BadFile {
  readonly name: string;
  readonly bytes: () => Uint8Array | string | Promise<Uint8Array>;
  /** Refused with one sentence; taken; or taken with these remarks. */
  readonly outcome: 'refused' | 'taken';
  /** What is said: the sentence of a refusal, or the remarks. Of what is taken without any, nothing is. */
  readonly says: readonly TextKey[];
  /** How many conversations with how many messages are taken: `some` where that is up to the packer. */
  readonly holds?: Holds;
  /** Asked about at first: what is said once the person agreed to unpack it. */
  readonly saysAfterConsent?: TextKey;
  /** Good, and so large that storing it would take its time: looked at only. */
  readonly isLarge?: boolean;
}

interface Node {
  readonly parent: unknown;
  readonly children?: unknown;
  readonly message?: unknown;
}

const START = 1_760_000_000;

function message(id: string, role: string, parts: readonly unknown[], fields: object = {}) {
  return {
    id,
    author: { role },
    create_time: START,
    content: { content_type: 'text', parts },
    metadata: {},
    ...fields,
  };
}

/** A conversation of ChatGPT with a question and an answer; `nodes` come on top. */
function chat(id: string, nodes: Readonly<Record<string, Node>> = {}, fields: object = {}) {
  const mapping: Record<string, Node> = {
    [`${id}-root`]: { parent: null, children: [`${id}-q`], message: null },
    [`${id}-q`]: {
      parent: `${id}-root`,
      children: [`${id}-a`],
      message: message(`${id}-q`, 'user', [`물김치 ${id}?`]),
    },
    [`${id}-a`]: {
      parent: `${id}-q`,
      children: [],
      message: message(`${id}-a`, 'assistant', [`Two days, ${id}.`]),
    },
    ...nodes,
  };
  return {
    conversation_id: id,
    title: `Conversation ${id}`,
    create_time: START,
    update_time: START + 60,
    current_node: `${id}-a`,
    mapping,
    ...fields,
  };
}

const json = (value: unknown): string => JSON.stringify(value);
const GOOD = json([chat('good')]);
/** Long enough that half of it holds whole conversations. */
const many = (mark: string): string =>
  json(Array.from({ length: 300 }, (_, at) => chat(`${mark}${at}-${(at * 2654435761) >>> 0}`)));

const WRONG: readonly unknown[] = [null, true, 7, -1.5, 'x', [], [1], {}, { a: 1 }, 1e308];

/** The same value with each of its members wrong in every way, one after another. */
function* wrongEach(value: Readonly<Record<string, unknown>>): Iterable<unknown> {
  for (const key of Object.keys(value)) {
    for (const wrong of WRONG) yield { ...value, [key]: wrong };
  }
}

function* wrongChats(): Iterable<unknown> {
  let at = 0;
  const next = (): string => `wrong${(at += 1)}`;
  for (const each of wrongEach(chat(next()))) yield { ...(each as object), id: next() };
  for (const each of wrongEach(message('w', 'user', ['asked']))) {
    const id = next();
    yield chat(id, { w: { parent: `${id}-a`, children: [], message: each } });
  }
  for (const each of wrongEach({ parent: null, children: [], message: null })) {
    yield chat(next(), { w: each as Node });
  }
}

/** Our own conversation, as its JSON export writes it. */
function own(fields: object = {}) {
  return {
    conversation_id: 'own',
    session_id: 's',
    title: 'Own',
    created_at: '2026-01-01T00:00:00.000+00:00',
    updated_at: '2026-01-01T00:00:01.000+00:00',
    status: 'active',
    summary: null,
    tags: [],
    message_count: 1,
    total_tokens: 0,
    messages: [
      {
        message_id: 'own-1',
        session_id: 's',
        role: 'user',
        content: 'hello',
        timestamp: '2026-01-01T00:00:00.000+00:00',
        parent_id: null,
        attachments: [],
        metadata: {},
      },
    ],
    metadata: {},
    format: 'onggi.conversation',
    format_version: 1,
    active_leaf_id: 'own-1',
    branch_messages: [],
    ...fields,
  };
}

const refused = (name: string, bytes: BadFile['bytes'], ...says: TextKey[]): BadFile => ({
  ...{ name, bytes, says, outcome: 'refused' },
});
const taken = (
  name: string,
  holds: Holds,
  bytes: BadFile['bytes'],
  ...says: TextKey[]
): BadFile => ({
  ...{ name, bytes, says, holds, outcome: 'taken' },
});
/** Refused until the person agrees, and then for this. */
const asked = (name: string, bytes: BadFile['bytes'], saysAfterConsent: TextKey): BadFile => ({
  ...{ name, bytes, saysAfterConsent, says: ['error.file/expands-far'], outcome: 'refused' },
});

const large = (file: BadFile): BadFile => ({ ...file, isLarge: true });

const climbing = () => zipOf({ '../../../../etc/conversations.json': json([chat('climbing')]) });

function crowd(count: number, mark: string): Uint8Array {
  const files = Object.fromEntries(
    Array.from({ length: count - 1 }, (_, at) => [`${at}.png`, new Uint8Array()]),
  );
  return zipOf({ ...files, 'conversations.json': json([chat(mark)]) }, 0);
}

/** As many small files as fit into 5 MB. */
function small(count: number, content: (at: number) => string, ending: string): Uint8Array {
  const files = Array.from({ length: count }, (_, at) => [`${at}.${ending}`, content(at)] as const);
  return zipOf(Object.fromEntries(files));
}

const lines = (count: number): string => {
  let text = '';
  for (let at = 0; at < count; at += 1) {
    text += `{"messages":[{"role":"user","content":"q${at}"},{"role":"assistant","content":"a"}]}\n`;
  }
  return text;
};

export const BAD_EXPORTS: readonly BadFile[] = [
  refused('empty.json', () => '', 'error.file/empty'),
  refused('no-gzip.json.gz', () => 'no gzip', 'error.file/unknown-format'),
  refused(
    'noise.bin',
    () => Uint8Array.from({ length: 4096 }, (_, at) => (at * 73) & 0xff),
    'error.file/unknown-format',
  ),
  refused('cut-short.json.gz', () => gzipSync(GOOD).subarray(0, 120), 'error.file/damaged'),
  taken(
    'cut.json.gz',
    'some',
    () => {
      const whole = gzipSync(many('cut'));
      return whole.subarray(0, whole.length >> 1);
    },
    'error.file/read-in-part',
    'import.note.file_cut',
  ),
  taken(
    'turned-bit.json.gz',
    'some',
    () => withTurnedBit(gzipSync(many('turned'))),
    'error.file/read-in-part',
    'import.note.file_cut',
  ),
  taken('gzip-twice.json.gz', [1, 2], () => gzipSync(gzipSync(json([chat('twice')])))),
  refused(
    'gzip-and-gzip.json.gz',
    () => Buffer.concat([gzipSync(json([chat('and')])), gzipSync(GOOD)]),
    'error.file/damaged',
  ),
  refused(
    'cut.zip',
    () => zipOf({ 'conversations.json': GOOD }).subarray(0, 200),
    'error.file/damaged',
  ),
  refused(
    'turned-bit.zip',
    () => withTurnedBit(zipOf({ 'conversations.json': GOOD })),
    'error.file/damaged',
  ),
  asked('bomb-200.json.gz', () => gzipSpaces(200, '['), 'error.file/damaged'),
  refused('bomb-1024.json.gz', () => gzipSpaces(1024, '['), 'error.file/expands-too-much'),
  asked(
    'bomb.zip',
    () => zipOf({ 'conversations.json': SPACES(200) }, 9),
    'error.file/unknown-format',
  ),
  refused('nested-arrays.json', () => nested('arrays', 1_000_000), 'error.file/too-deep'),
  refused('nested-objects.json', () => nested('objects', 1_000_000), 'error.file/too-deep'),
  taken(
    'one-nested.json',
    [1, 2],
    () => `[${nested('objects', 500_000)},${json(chat('flat'))}]`,
    'import.skip.too_deep',
  ),
  taken(
    'wrong-types.json',
    [92, 236],
    () => json([chat('right'), ...WRONG, ...wrongChats()]),
    'import.skip.not_an_object',
    'import.skip.no_messages_field',
    'import.skip.empty_conversation',
    'import.skip.duplicate_in_file',
    'import.note.role_unknown',
    'import.note.date_unknown',
    'import.note.value_ignored',
    'import.note.tree_repaired',
  ),
  refused(
    'wrong-type-of-all.json',
    () => json({ conversations: 7, mapping: 'x' }),
    'import.skip.no_messages_field',
  ),
  taken(
    'unknown-roles.json',
    [1, 3],
    () =>
      json([
        chat(
          'roles',
          { w: { parent: 'roles-a', children: [], message: message('w', 'critic', ['hm']) } },
          { current_node: 'w' },
        ),
      ]),
    'import.note.role_unknown',
  ),
  taken(
    'duplicate-ids.json',
    [1, 2],
    () => json([chat('double'), chat('double')]),
    'import.skip.duplicate_in_file',
  ),
  taken('proto.json', [1, 2], () =>
    json([chat('proto')]).replace(
      '"mapping":{',
      '"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"mapping":{"__proto__":{"parent":null,"message":null},',
    ),
  ),
  refused('future.json', () => json(own({ format_version: 99 })), 'error.file/newer-version'),
  taken(
    'own-wrong-counters.json',
    [1, 1],
    () => json(own({ message_count: 1e6, total_tokens: -5 })),
    'import.note.counters_recomputed',
  ),
  taken(
    'invalid-dates.json',
    [1, 2],
    () => json([chat('dates', {}, { create_time: 'soon', update_time: -1e300 })]),
    'import.note.date_unknown',
  ),
  taken('lone-surrogates.json', [1, 3], () =>
    json([
      chat(
        'surrogates',
        {
          w: {
            parent: 'surrogates-a',
            children: [],
            message: message('w', 'user', ['\ud800 \u0000 \udfff']),
          },
        },
        { current_node: 'w' },
      ),
    ]),
  ),
  taken(
    'keys.json',
    [1, 1],
    () =>
      json({
        'chat-next-web-store': {
          sessions: [
            {
              id: 'n',
              topic: 'Keys',
              messages: [
                { id: 'n1', role: 'user', content: 'hello', date: '2026-01-01T00:00:00Z' },
              ],
              mask: {},
            },
          ],
        },
        'access-control': { openaiApiKey: 'sk-secret-000000000000000000000000' },
      }),
    'import.note.secrets_ignored',
  ),
  refused(
    'lying.zip',
    () =>
      withDirectory(zipOf({ 'conversations.json': SPACES(30) }, 9), (view, at) =>
        view.setUint32(at + 24, 1000, true),
      ),
    'error.file/expands-too-much',
  ),
  taken('climbing.zip', [1, 2], climbing),
  refused(
    'encrypted.zip',
    () =>
      withDirectory(zipOf({ 'conversations.json': GOOD }), (view, at) =>
        view.setUint16(at + 8, 1, true),
      ),
    'error.file/encrypted',
  ),
  taken('100000-entries.zip', [1, 2], () => crowd(100_000, 'crowd')),
  refused('100001-entries.zip', () => crowd(100_001, 'too-many'), 'error.file/too-many-entries'),
  taken(
    'null-messages.json',
    [2, 5],
    () =>
      json([
        null,
        chat('nulls', {
          w: { parent: 'nulls-a', children: [], message: null },
          v: { parent: null, message: { id: 'v', author: null, content: null } },
        }),
        chat('others'),
      ]),
    'import.skip.not_an_object',
    'import.note.role_unknown',
    'import.note.date_unknown',
  ),
  taken(
    'bare-nodes.json',
    [1, 3],
    () =>
      json([
        chat(
          'bare',
          {
            w: {
              parent: 'bare-a',
              message: {
                id: 'w',
                author: { role: 'user' },
                content: { content_type: 'text', parts: ['bare'] },
              },
            },
          },
          { current_node: 'w' },
        ),
      ]),
    'import.note.date_unknown',
  ),
  taken(
    'cycle.json',
    [2, 6],
    () =>
      json([
        chat('cycle', {
          w: { parent: 'v', message: message('w', 'user', ['one']) },
          v: { parent: 'w', message: message('v', 'assistant', ['two']) },
        }),
        chat('straight'),
      ]),
    'import.note.tree_repaired',
  ),
  taken(
    'dangling-leaf.json',
    [1, 2],
    () => json([chat('dangling', {}, { current_node: 'nowhere' })]),
    'import.note.leaf_guessed',
  ),
  taken(
    'no-mapping.json',
    [1, 2],
    () => json([chat('mapped'), { ...chat('unmapped'), mapping: undefined }]),
    'import.skip.no_messages_field',
  ),
  large(
    taken('20000-conversations.zip', [20_000, 20_000], () =>
      small(
        20_000,
        (at) =>
          json({
            title: `t${at}`,
            mapping: { a: { message: { author: { role: 'user' }, content: { parts: ['x'] } } } },
          }),
        'json',
      ),
    ),
  ),
  refused(
    '45000-others.zip',
    () => small(45_000, (at) => `{"a":${at}}`, 'json'),
    'error.file/unknown-format',
  ),
  refused(
    '45000-texts.zip',
    () => small(45_000, (at) => `text ${at}`, 'txt'),
    'error.file/unknown-format',
  ),
  refused(
    '280000-turns.md',
    () => '## User\n\nx\n\n'.repeat(280_000),
    'import.skip.too_many_messages',
  ),
  large(taken('60000-lines.jsonl', [60_000, 120_000], () => lines(60_000))),
];
