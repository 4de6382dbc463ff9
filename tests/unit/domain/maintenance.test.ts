import { describe, expect, test } from 'vitest';
import { toConversationId } from '#domain/ids.ts';
import {
  EMPTY_REPORT,
  UNUSED_NOTICE_MS,
  carryNotices,
  gatherFindings,
  isDue,
  sortNoticed,
} from '#domain/maintenance.ts';
import type { MaintenanceReport } from '#domain/maintenance.ts';
import {
  TRASH_NOTICE_MS,
  TRASH_TTL_MS,
  purgeTime,
  trashDaysLeft,
  sortTrash,
} from '#domain/trash.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
const NOW = 1_800_000_000_000;

const inTrash = (id: string, deletedAt: number | null, updatedAt = 0) => ({
  id: toConversationId(id),
  deletedAt,
  updatedAt,
});

describe('isDue', () => {
  test.each([
    ['before the first run', null, true],
    ['a moment too early', NOW - DAY_MS + 1, false],
    ['a day later', NOW - DAY_MS, true],
    ['when the last one is of a clock that ran ahead', NOW + 1, true],
  ])('%s: %s', (_name, lastAt, due) => {
    expect(isDue(lastAt, DAY_MS, NOW)).toBe(due);
  });
});

describe('gatherFindings', () => {
  const run = (report: Partial<MaintenanceReport>, kind = 'scheduled') => ({
    kind,
    report: { ...EMPTY_REPORT, ...report },
  });
  const check = (problems: NonNullable<MaintenanceReport['check']>['problems']) => ({
    check: { conversationCount: 1, messageCount: 2, problems, repairableIds: [] },
  });
  const search = (problems: NonNullable<MaintenanceReport['search']>['problems']) => ({
    search: { textCount: 1, vectors: 'off' as const, problems },
  });
  const failed = (code: 'db/quota' | 'db/lost') => ({
    failedSteps: [{ step: 'cache', code }] as const,
  });
  const damage = check({ unreadable: 1 });
  const [unreadable, stale, quota] = [
    '[["unreadable",1]]',
    '[["text-stale",2]]',
    '[{"step":"cache","code":"db/quota"}]',
  ];

  test.each([
    ['nothing before the first run', [], [null, null, null]],
    ['what the check found', [run(damage)], [unreadable, null, '']],
    [
      'what the check found after days without one',
      [run({}), run({}), run({ ...damage, ...search({ 'text-stale': 2 }) })],
      [unreadable, stale, ''],
    ],
    [
      'of each kind the newest',
      [run({}), run(search({ 'text-stale': 2 })), run({ ...damage, ...search({}) })],
      [unreadable, stale, ''],
    ],
    [
      'nothing that a newer check does not find',
      [run({}), run(check({})), run(damage)],
      ['', null, ''],
    ],
    [
      'nothing that was repaired since',
      [run({}), run({ ...check({}), ...search({}) }, 'repair'), run(damage)],
      ['', '', ''],
    ],
    ['nothing that was seen by hand', [run({}), run(damage, 'by-hand')], [null, null, '']],
    [
      'what failed in the newest run',
      [run(failed('db/quota')), run(damage)],
      [unreadable, null, quota],
    ],
    ['nothing that failed before', [run({}), run(failed('db/quota'))], [null, null, '']],
    ['why the newest run ended', [run({ failure: 'db/quota' })], [null, null, '["db/quota"]']],
    ['nothing that goes by itself', [run(check({ 'left-attachment': 2 }))], ['', null, '']],
    [
      'nothing that was taken back when it was found',
      [run({}), run({ ...check({ usage: 1 }), leavesUsage: true })],
      ['', null, ''],
    ],
  ])('tells %s', (_name, runs, told) => {
    expect(gatherFindings(runs)).toEqual(told);
  });
});

describe('sortTrash', () => {
  test('announces a week before the thirty days are over, and purges after them', () => {
    const deletedAt = NOW - TRASH_TTL_MS + TRASH_NOTICE_MS;
    const trash = [inTrash('c', deletedAt)];
    expect(sortTrash(trash, [], NOW - 1)).toEqual({ purge: [], announced: [] });
    const first = sortTrash(trash, [], NOW);
    expect(first).toEqual({ purge: [], announced: [{ id: 'c', since: NOW }] });
    const goesAt = purgeTime({ deletedAt, updatedAt: 0 }, NOW);
    expect(goesAt).toBe(deletedAt + TRASH_TTL_MS);
    expect(sortTrash(trash, first.announced, goesAt - 1).purge).toEqual([]);
    expect(sortTrash(trash, first.announced, goesAt).purge).toEqual(['c']);
  });

  test('purges nothing that was not announced for a week, however old it is', () => {
    const trash = [inTrash('imported', NOW - 10 * 365 * DAY_MS)];
    const { purge, announced } = sortTrash(trash, [], NOW);
    expect(purge).toEqual([]);
    expect(sortTrash(trash, announced, NOW + TRASH_NOTICE_MS - 1).purge).toEqual([]);
    expect(sortTrash(trash, announced, NOW + TRASH_NOTICE_MS).purge).toEqual(['imported']);
  });

  test('a clock ten years ahead only announces, and set right again it forgets that', () => {
    const trash = [inTrash('c', NOW - DAY_MS)];
    const ahead = sortTrash(trash, [], NOW + 10 * 365 * DAY_MS);
    expect(ahead.purge).toEqual([]);
    expect(ahead.announced).toHaveLength(1);
    expect(sortTrash(trash, ahead.announced, NOW)).toEqual({ purge: [], announced: [] });
  });

  test('a clock set back a year keeps everything', () => {
    expect(sortTrash([inTrash('c', NOW)], [{ id: 'c', since: NOW }], NOW - 365 * DAY_MS)).toEqual({
      purge: [],
      announced: [],
    });
  });

  test('counts from the last change where no time of deleting is known', () => {
    expect(sortTrash([inTrash('c', null, NOW - DAY_MS)], [], NOW).announced).toEqual([]);
    expect(sortTrash([inTrash('c', null, 0)], [], NOW).announced).toHaveLength(1);
  });
});

test('sortNoticed lets go what was noticed long enough, and notes the rest', () => {
  const before = [
    { id: 'old', since: NOW - UNUSED_NOTICE_MS },
    { id: 'used again', since: 0 },
    { id: 'future', since: NOW + 1 },
  ];
  expect(sortNoticed(['old', 'new', 'future'], before, UNUSED_NOTICE_MS, NOW)).toEqual({
    due: ['old'],
    noticed: [
      { id: 'new', since: NOW },
      { id: 'future', since: NOW },
    ],
  });
});

test('carryNotices counts what lies between two runs up to a limit, and never backwards', () => {
  const noticed = [
    { id: 'a', since: NOW - 3 * DAY_MS },
    { id: 'future', since: NOW + DAY_MS },
  ];
  const ages = (now: number) =>
    carryNotices(noticed, NOW, now, DAY_MS).map(({ since }) => (now - since) / DAY_MS);
  expect(ages(NOW + DAY_MS / 2)).toEqual([3.5, 0.5]);
  expect(ages(NOW + 3650 * DAY_MS)).toEqual([4, 1]);
  expect(ages(NOW - 365 * DAY_MS)).toEqual([3, 0]);
});

test.each([
  ['just now', NOW, 30],
  ['a day and a bit ago', NOW - DAY_MS - 1, 29],
  ['29 days ago', NOW - 29 * DAY_MS, 1],
  ['30 days ago', NOW - 30 * DAY_MS, 0],
  ['years ago', NOW - 3650 * DAY_MS, 0],
  ['by a clock that went back', NOW + 365 * DAY_MS, 30],
])('trashDaysLeft of what was moved there %s', (_, deletedAt, days) => {
  expect(trashDaysLeft({ status: 'deleted', deletedAt, updatedAt: 0 }, NOW)).toBe(days);
  expect(trashDaysLeft({ status: 'active', deletedAt: null, updatedAt: 0 }, NOW)).toBeNull();
});
