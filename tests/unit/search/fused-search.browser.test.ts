import { expect, test } from 'vitest';
import { findFused } from '#search/fused-search.ts';
import { openForTest } from '../db/fresh-database.ts';
import { openEngine } from './engine-support.ts';
import { addRows, conversationOf, createTestMeaning } from './support.ts';

const SIGNAL = new AbortController().signal;

test('both rankings are fused two hundred deep, and what both name says so', async () => {
  const db = await openForTest();
  // Many short ones hold the word and come before by words; by meaning the long one does.
  const many = Array.from({ length: 60 }, (_, at) =>
    conversationOf(`many-${at}`, [`apple ${'apple '.repeat(9)} other${at} words${at}`, 'yes']),
  );
  const filler = Array.from({ length: 80 }, (_, at) => `filler${at}`).join(' ');
  const late = conversationOf('late', [`${filler} apple`, 'red apple']);
  const trashed = conversationOf('trashed', ['red apple', 'yes'], { status: 'deleted' });
  const close = conversationOf('close', ['red apples apple', 'red']);
  await addRows(db, late, trashed, close, ...many);
  const engine = await openEngine(db);
  const { meaning, statuses } = createTestMeaning(db);
  const options = { text: 'red apple', limit: 40, leastCosine: 0.3 };
  await meaning.rank('red apple', options, SIGNAL);
  await expect.poll(() => statuses.at(-1)?.phase).toBe('ready');

  const wordIds = (await engine.rank('apple', SIGNAL)).ids;
  expect(wordIds.indexOf('late')).toBeGreaterThan(40);
  const { groups, farGroups } = await findFused({ engine, meaning }, options, 'apple', SIGNAL);
  expect(groups).toHaveLength(40);
  // Beyond the fortieth by words, and the nearest by meaning.
  expect(groups.map(({ id }) => id)).toContain('late');
  expect(groups.find(({ id }) => id === 'late')?.foundBy).toEqual(['words', 'meaning']);
  const shown = [...groups, ...farGroups].map(({ id }) => id);
  expect(shown).not.toContain('trashed');
  expect(new Set(shown).size).toBe(shown.length);

  // Words that stand nowhere: meaning alone.
  const alone = await findFused({ engine, meaning }, options, 'nowhere', SIGNAL);
  expect(alone.groups[0]?.id).toBe('late');
  expect(new Set(alone.groups.flatMap(({ foundBy }) => foundBy))).toEqual(new Set(['meaning']));
});

test('what is in the trash takes no place from what is not', async () => {
  const db = await openForTest();
  const trashed = Array.from({ length: 210 }, (_, at) =>
    conversationOf(`trashed-${at}`, ['red apple'], { status: 'deleted' }),
  );
  await addRows(db, conversationOf('kept', ['red apple pear']), ...trashed);
  const engine = await openEngine(db);
  const { meaning, statuses } = createTestMeaning(db);
  const options = { text: 'red apple', limit: 5, leastCosine: 0.3 };
  await meaning.rank('red apple', options, SIGNAL);
  await expect.poll(() => statuses.at(-1)?.phase).toBe('ready');
  const { groups } = await findFused({ engine, meaning }, options, 'nowhere', SIGNAL);
  expect(groups.map(({ id }) => id)).toEqual(['kept']);
  const near = await meaning.near('red apple', { ...options, isInPassing: false });
  expect(near.map(({ id }) => id)).toEqual(['kept']);
});
