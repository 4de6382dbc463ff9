/** What holds for the reader of every format: nothing is lost without a word, and one loses no other. */
import { describe, expect, it } from 'vitest';
import type { ImportedConversation } from '#domain/imported.ts';
import { createItemFilter } from '#portability/filter-items.ts';
import { IMPORT_FORMATS } from '#portability/formats/registry.ts';
import { createImportTally } from '#portability/import-tally.ts';
import { openFiles } from '#portability/open-files.ts';
import { readImports } from '#portability/read-imports.ts';
import { recognizeFiles } from '#portability/recognize-files.ts';
import {
  FORMAT_SAMPLES,
  contentOf,
  conversationOf,
  messagesOf,
} from '../../support/every-format.ts';
import type { FormatSample, Talk } from '../../support/every-format.ts';
import { mangled } from '../../support/mangle.ts';
import { fileOf } from './import-files.ts';

const DAY_MS = 86_400_000;

function talkOf(id: string, day: number): Talk {
  return {
    id,
    title: `물김치 ${id}`,
    texts: [`물김치가 뭐야, ${id}?`, `A cold kimchi, ${id}.`, `And then, ${id}?`],
    startsAt: Date.UTC(2026, 0, 1) + day * DAY_MS,
  };
}

const [FIRST, BAD, LAST] = [talkOf('a1', 0), talkOf('b2', 1), talkOf('c3', 2)] as const;

/** What an import would count of a file with these conversations, and what it would store. */
async function read(sample: FormatSample, conversations: readonly unknown[]) {
  const found = await readContent(sample, contentOf(sample, conversations));
  expect(found.preview.files.map(({ format }) => format)).toEqual([sample.id]);
  expect(found.preview.refused).toEqual([]);
  return found;
}

async function readContent(sample: FormatSample, content: string) {
  const file = fileOf(sample.path(FIRST), content);
  const { files, summaries, refused } = await recognizeFiles(await openFiles([file]));
  const tally = createImportTally();
  for (const each of refused) tally.refuse(each);
  const filter = createItemFilter(tally);
  const taken: ImportedConversation[] = [];
  for await (const outcome of readImports(files)) {
    const wanted = filter(outcome);
    if (wanted?.kind === 'conversation') taken.push(wanted.conversation);
  }
  const preview = tally.toPreview(summaries);
  const skipped = Object.fromEntries(preview.skipped.map(({ reason, count }) => [reason, count]));
  const conversationCount = preview.sources.reduce((sum, each) => sum + each.conversationCount, 0);
  const skippedCount = preview.skipped.reduce((sum, { count }) => sum + count, 0);
  return { taken, skipped, foundCount: conversationCount + skippedCount, preview };
}

const textsOf = ({ messages }: ImportedConversation): readonly string[] =>
  messages.map(({ content }) => content);

/** Only what begins like one of the two good talks. */
function good(taken: readonly ImportedConversation[]): readonly (readonly string[])[] {
  const found = taken.map(textsOf);
  return [FIRST, LAST].flatMap(({ texts }) => found.filter(([text]) => text === texts[0]));
}

/** Their files hold no conversations of another product, and are tested by themselves. */
const WITHOUT_SAMPLE = [
  'onggi-json',
  'onggi-document',
  'seed',
  'claude-manifest',
  'claude-projects',
  'claude-memories',
  'chatgpt-memories',
  'chatgpt-group-chats',
];

it('has a sample of every format that is JSON', () => {
  const ids = IMPORT_FORMATS.flatMap(({ kind, id }) => (kind === 'json' ? [id] : []));
  expect(
    FORMAT_SAMPLES.map(({ id }) => id)
      .concat(WITHOUT_SAMPLE)
      .sort(),
  ).toEqual(ids.sort());
});

describe.each(FORMAT_SAMPLES)('the reader of $id', (sample) => {
  it('takes the messages around what is none, and tells of it', async () => {
    const [first, ...others] = messagesOf(sample, FIRST);
    const junk = [42, 'junk', true, [1]];
    const { taken, skipped } = await read(sample, [
      sample.conversation(FIRST, [first, ...junk, null, ...others]),
    ]);
    expect(taken.map(textsOf)).toEqual([FIRST.texts]);
    const isNoted = taken.every(({ notes }) => notes.includes('value_ignored'));
    // A list of all messages does not say whose it was.
    if (sample.isGrouped && !isNoted) expect(Object.values(skipped)).toEqual([junk.length]);
    else expect(isNoted).toBe(true);
  });

  it('says nothing of a null among the messages', async () => {
    const [first, ...others] = messagesOf(sample, FIRST);
    const { taken, skipped } = await read(sample, [
      sample.conversation(FIRST, [first, null, ...others]),
    ]);
    expect(taken.map(textsOf)).toEqual([FIRST.texts]);
    expect(taken.flatMap(({ notes }) => notes)).not.toContain('value_ignored');
    expect(skipped).toEqual({});
  });
});

/** All of their conversations stand within one value: without its end there is none. */
const ONE_VALUE = [
  'ai-studio',
  'lobehub-state',
  'lobehub-tables',
  'lobehub-topic',
  'nextchat',
  'betterchatgpt',
  'chatbox',
  'cherry-studio',
  'chatbot-ui',
  'big-agi',
];

describe.each(FORMAT_SAMPLES)('a cut file of $id', (sample) => {
  it(`is ${ONE_VALUE.includes(sample.id) ? 'refused' : 'taken as far as it is whole'}`, async () => {
    const talks = sample.isAlone ? [FIRST] : [FIRST, LAST];
    const whole = contentOf(
      sample,
      talks.map((talk) => conversationOf(sample, talk)),
    );
    const { taken, preview } = await readContent(
      sample,
      whole.slice(0, whole.lastIndexOf('And then')),
    );
    const codes = preview.refused.map(({ code }) => code);
    if (ONE_VALUE.includes(sample.id)) {
      expect([taken, codes]).toEqual([[], ['file/damaged']]);
      return;
    }
    expect(codes).toEqual(['file/read-in-part']);
    expect(preview.notes.map(({ note }) => note)).toContain('file_cut');
    const [first, ...others] = taken.map(textsOf);
    expect(first).toEqual(sample.isAlone ? FIRST.texts.slice(0, 2) : FIRST.texts);
    // Of the last one comes what stands in whole lines or whole elements.
    for (const texts of others) expect(texts).toEqual(LAST.texts.slice(0, 2));
    expect(others.length).toBe(sample.isGrouped ? 1 : 0);
  });
});

const SEVERAL = FORMAT_SAMPLES.filter(({ isAlone }) => !isAlone);
const APART = SEVERAL.filter(({ isGrouped }) => !isGrouped);

/** [good, bad, good] */
const around = (sample: FormatSample, ...bad: readonly unknown[]) =>
  read(sample, [conversationOf(sample, FIRST), ...bad, conversationOf(sample, LAST)]);

describe.each(SEVERAL)('a bad conversation in a file of $id', (sample) => {
  it('with any of its values wrong stops no other', async () => {
    const bad = Array.from(mangled(conversationOf(sample, BAD)), ({ value }) => value);
    expect(bad.length).toBeGreaterThan(50);
    const { taken, foundCount } = await around(sample, ...bad);
    expect(good(taken)).toEqual([FIRST.texts, LAST.texts]);
    // Each is read, or the report names it.
    if (!sample.isGrouped) expect(foundCount).toBe(bad.length + 2);
    else expect(foundCount).toBeGreaterThan(2);
  });

  it.each([0, 'x', true, null, [], {}, 1e308, -1])(
    'with %j in all of its values stops no other',
    async (wrong) => {
      const { taken, foundCount } = await around(
        sample,
        withLeaves(conversationOf(sample, BAD), wrong),
      );
      expect(good(taken)).toEqual([FIRST.texts, LAST.texts]);
      if (!sample.isGrouped) expect(foundCount).toBe(3);
    },
  );
});

describe.each(APART)('a conversation in a file of $id', (sample) => {
  it.each([
    { what: 'is none', bad: [null, 42, 'text', true, []] },
    { what: 'has no messages', bad: [[], undefined].map((each) => sample.conversation(BAD, each)) },
    {
      what: 'has something else for its messages',
      bad: [null, 7, 'text', true].map((each) => sample.conversation(BAD, each)),
    },
    { what: 'has nothing but other values', bad: [sample.conversation(BAD, [1, 'x', true, null])] },
  ])('that $what is named as left out', async ({ bad }) => {
    const { taken, skipped } = await around(sample, ...bad);
    expect(taken.map(textsOf)).toEqual([FIRST.texts, LAST.texts]);
    expect(Object.values(skipped).reduce((sum, count) => sum + count, 0)).toBe(bad.length);
  });
});

describe.each(SEVERAL.filter(({ isTree }) => isTree))('a tree in a file of $id', (sample) => {
  it.each([
    { what: 'in a circle', parents: [1, 0, 1] },
    { what: 'of each of which the parent is missing', parents: ['no', 'nowhere', 'gone'] },
    { what: 'that are their own parents', parents: [0, 1, 2] },
  ])('with messages $what is mended and stops no other', async ({ parents }) => {
    const messages = parents.map((parent, index) => sample.message(BAD, index, parent));
    const { taken } = await around(sample, sample.conversation(BAD, messages));
    expect(good(taken)).toEqual([FIRST.texts, LAST.texts]);
    expect(taken).toHaveLength(3);
    const mended = taken.find((each) =>
      each.messages.some(({ content }) => content === BAD.texts[0]),
    );
    expect(mended && textsOf(mended).toSorted()).toEqual(BAD.texts.toSorted());
    expect(mended?.notes).toContain('tree_repaired');
  });
});

/** A deep copy in which everything but lists and objects is this. */
function withLeaves(value: unknown, wrong: unknown): unknown {
  if (Array.isArray(value)) return value.map((each) => withLeaves(each, wrong));
  if (typeof value !== 'object' || value === null) return wrong;
  return Object.fromEntries(
    Object.entries(value).map(([key, member]): [string, unknown] => [
      key,
      withLeaves(member, wrong),
    ]),
  );
}
