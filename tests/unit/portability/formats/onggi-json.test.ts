import { describe, expect, it } from 'vitest';
import { OnggiError } from '#domain/errors.ts';
import type { NativeConversation, ReadItem } from '#domain/imported.ts';
import { onggiJson } from '#portability/formats/onggi-json.ts';
import { seed } from '#portability/formats/seed.ts';
import { mangled } from '../../../support/mangle.ts';

const CONTEXT = { fileName: 'a.json', fileDate: 1000, companions: new Map<string, unknown>() };
const AT = '2026-11-22T07:30:23.123+00:00';

const message = (id: string, fields: object = {}): Record<string, unknown> => ({
  message_id: id,
  session_id: 's',
  role: 'user',
  content: `text ${id}`,
  timestamp: AT,
  ...fields,
});

const SAMPLE = {
  conversation_id: 'c',
  session_id: 's',
  title: '옹기 🏺',
  created_at: AT,
  updated_at: AT,
  status: 'active',
  tags: ['pottery'],
  message_count: 2,
  total_tokens: 3,
  messages: [
    message('a', { parent_id: null, seq: 0, token_count: 3, error: { code: 'x', detail: 1 } }),
    message('b', {
      parent_id: 'a',
      seq: 1,
      role: 'assistant',
      attachments: [
        { name: 'a.png', mime_type: 'image/png', size_bytes: 2, id: 'f', data: 'AAE=' },
      ],
    }),
  ],
  metadata: { onggi: { title_origin: 'model', last_seq: 4 } },
  format: 'onggi.conversation',
  format_version: 1,
  active_leaf_id: 'b',
  pinned: true,
  branch_messages: [message('d', { parent_id: 'a', seq: 2, parts: [{ type: 'x' }] })],
};

const read = (value: unknown): ReadItem[] => [...onggiJson.read(value, CONTEXT)];

function readNative(value: unknown): NativeConversation {
  const [item] = read(value);
  if (item?.kind !== 'native') throw new Error(`read ${item?.kind}`);
  return item.native;
}

/** What every storer may rely on. */
function expectWellFormed({ conversation, messages }: NativeConversation): void {
  const seqById = new Map<string, number>();
  for (const row of messages) {
    expect(row.conversationId).toBe(conversation.id);
    expect(seqById.has(row.id)).toBe(false);
    expect(row.seq).toBeGreaterThan(Math.max(-1, ...seqById.values()));
    if (row.parentId !== null) expect(seqById.has(row.parentId)).toBe(true);
    expect(typeof row.content).toBe('string');
    expect(Number.isFinite(row.timestamp)).toBe(true);
    seqById.set(row.id, row.seq);
  }
  expect(conversation.messageCount).toBe(messages.length);
  expect(Number.isFinite(conversation.createdAt + conversation.updatedAt)).toBe(true);
  if (conversation.activeLeafId !== null) {
    expect(seqById.has(conversation.activeLeafId)).toBe(true);
  }
}

describe('reader of our conversation JSON', () => {
  it('knows its files by what they say', () => {
    const sample = { name: 'x', isLines: false, isArray: false, second: undefined };
    expect(onggiJson.matches({ ...sample, first: SAMPLE })).toBe(true);
    expect(onggiJson.matches({ ...sample, first: { ...SAMPLE, format: 'x' } })).toBe(false);
    expect(onggiJson.matches({ ...sample, first: null })).toBe(false);
  });

  it('reads what no resting value says from metadata', () => {
    const { conversation, messages, bytesById } = readNative(SAMPLE);
    expect(conversation).toMatchObject({
      titleOrigin: 'model',
      lastSeq: 4,
      pinned: 1,
      metadata: {},
    });
    expect(messages.map(({ id, parentId }) => [id, parentId])).toEqual([
      ['a', null],
      ['b', 'a'],
      ['d', 'a'],
    ]);
    expect(new Uint8Array(bytesById['f'] ?? new ArrayBuffer())).toEqual(Uint8Array.of(0, 1));
  });

  it('refuses a newer file by name and reads an older one', () => {
    expect(() => read({ ...SAMPLE, format_version: 2 })).toThrow(
      expect.objectContaining({ code: 'file/newer-version', detail: '2' }) as OnggiError,
    );
    expect(readNative({ ...SAMPLE, format_version: 0 }).messages).toHaveLength(3);
  });

  it('survives any wrong value in any field', () => {
    for (const { value } of mangled(SAMPLE)) {
      for (const item of read(value)) if (item.kind === 'native') expectWellFormed(item.native);
    }
  });

  it('says what it left out or counted anew', () => {
    expect(readNative({ ...SAMPLE, surprise: 1 }).notes).toContain('unknown_keys');
    expect(readNative({ ...SAMPLE, message_count: 9 }).notes).toContain('counters_recomputed');
    expect(readNative({ ...SAMPLE, tags: 3 }).notes).toContain('value_ignored');
    expect(readNative({ ...SAMPLE, created_at: 'soon' }).notes).toContain('date_unknown');
    expect(readNative({ ...SAMPLE, active_leaf_id: 'gone' }).notes).toContain('leaf_guessed');
  });

  it('stores no id of a file that no backup could bring back', () => {
    const named = (id: string) =>
      message('a', { attachments: [{ name: 'a.png', id, data: 'AAE=' }] });
    const idsOf = (id: string) => {
      const { messages, bytesById, notes } = readNative({ ...SAMPLE, messages: [named(id)] });
      return { ids: messages[0]?.attachments.map((each) => each.id), bytesById, notes };
    };
    const longest = 'i'.repeat(1000);
    expect(idsOf(longest).ids).toEqual([longest]);
    const { ids, bytesById, notes } = idsOf(`${longest}i`);
    expect(ids?.[0]?.length).toBeLessThan(1000);
    expect(Object.keys(bytesById)).toEqual(ids);
    expect(notes).toContain('ids_derived');
  });

  it('shows the end of its messages when the named leaf is not there', () => {
    expect(readNative({ ...SAMPLE, active_leaf_id: 'gone' }).conversation.activeLeafId).toBe('b');
  });

  it('makes the same ids for what has none, every time', () => {
    const nameless = {
      ...SAMPLE,
      conversation_id: undefined,
      messages: [
        message('a', { message_id: null }),
        message('a', { message_id: null, content: 'x' }),
      ],
      branch_messages: [],
    };
    const first = readNative(nameless);
    expectWellFormed(first);
    expect(first.notes).toContain('ids_derived');
    expect(readNative(nameless)).toEqual(first);
  });

  it('keeps both of two messages that share an id', () => {
    const twice = { ...SAMPLE, messages: [message('a'), message('a', { content: 'other' })] };
    const native = readNative(twice);
    expectWellFormed(native);
    expect(native.messages.map(({ content }) => content)).toEqual(['text a', 'other', 'text d']);
  });

  it('mends a circle and a missing parent', () => {
    const circle = {
      ...SAMPLE,
      messages: [
        message('a', { parent_id: 'b', seq: 1 }),
        message('b', { parent_id: 'e', seq: 1 }),
        message('e', { parent_id: 'a', seq: 0 }),
        message('f', { parent_id: 'nowhere', seq: 3 }),
      ],
      active_leaf_id: 'f',
    };
    const native = readNative(circle);
    expectWellFormed(native);
    expect(native.notes).toContain('tree_repaired');
    const parents = Object.fromEntries(native.messages.map(({ id, parentId }) => [id, parentId]));
    expect(parents).toEqual({ a: null, b: 'e', e: 'a', f: 'e', d: 'a' });
  });

  it('takes __proto__ and constructor for members like any other', () => {
    const text = JSON.stringify(SAMPLE).replace(
      '"metadata":{',
      '"__proto__":{"polluted":1},"constructor":1,"metadata":{"__proto__":{"polluted":1},',
    );
    const native = readNative(JSON.parse(text));
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
    expect(Object.keys(native.conversation.metadata)).toEqual(['__proto__']);
    expect(Object.getPrototypeOf(native.conversation)).toBe(Object.prototype);
  });

  it('reads an unknown role as the nearest one and keeps the original', () => {
    const native = readNative({ ...SAMPLE, messages: [message('a', { role: 'narrator' })] });
    expect(native.messages[0]).toMatchObject({
      role: 'assistant',
      metadata: { source_role: 'narrator' },
    });
    expect(native.notes).toContain('role_unknown');
  });

  it('passes over what is no conversation', () => {
    expect(read(null)).toEqual([{ kind: 'skipped', reason: 'not_an_object', label: null }]);
    expect(read({ title: '옹기', messages: 3 })).toEqual([
      { kind: 'skipped', reason: 'no_messages_field', label: '옹기' },
    ]);
    const long = { ...SAMPLE, messages: [message('a', { content: 'x'.repeat(10_000_001) })] };
    expect(read(long)).toEqual([{ kind: 'skipped', reason: 'too_large', label: '옹기 🏺' }]);
  });

  it('gives an empty conversation back', () => {
    const native = readNative({ ...SAMPLE, messages: [], branch_messages: [], message_count: 0 });
    expect(native.messages).toEqual([]);
    expect(native.conversation.activeLeafId).toBeNull();
  });
});

describe('reader of the specification’s conversation JSON', () => {
  const SEED = {
    conversation_id: 'c',
    session_id: null,
    title: null,
    created_at: '2026-11-22T07:30:23.123456',
    updated_at: '2026-11-22T07:31:00',
    messages: [message('a', { timestamp: '2026-11-22T07:30:23' }), message('b')],
  };

  const readSeed = (value: unknown): ReadItem[] => [...seed.read(value, CONTEXT)];

  it('knows its files and leaves ours and others alone', () => {
    const sample = { name: 'x', isLines: false, isArray: false, second: undefined };
    expect(seed.matches({ ...sample, first: SEED })).toBe(true);
    expect(seed.matches({ ...sample, first: { ...SEED, messages: [] } })).toBe(true);
    expect(seed.matches({ ...sample, first: SAMPLE })).toBe(false);
    expect(seed.matches({ ...sample, first: { messages: SEED.messages } })).toBe(false);
    expect(seed.matches({ ...sample, first: { ...SEED, messages: [{ role: 'user' }] } })).toBe(
      false,
    );
  });

  it('makes a chain of its messages, in this device’s zone', () => {
    const [item] = readSeed(SEED);
    if (item?.kind !== 'native') throw new Error('not read');
    const { conversation, messages, notes } = item.native;
    expect(messages.map(({ id, parentId, seq }) => [id, parentId, seq])).toEqual([
      ['a', null, 0],
      ['b', 'a', 1],
    ]);
    expect(conversation).toMatchObject({ source: 'seed', sourceId: 'c', activeLeafId: 'b' });
    expect(conversation.createdAt).toBe(new Date(2026, 10, 22, 7, 30, 23, 123).getTime());
    expect(notes).toContain('zone_assumed');
  });

  it('survives any wrong value in any field', () => {
    for (const { value } of mangled(SEED)) {
      for (const item of readSeed(value)) if (item.kind === 'native') expectWellFormed(item.native);
    }
  });
});
