import AxeBuilder from '@axe-core/playwright';
import { toConversationId, toSessionId } from '#domain/ids.ts';
import type { Message } from '#domain/message.ts';
import type { Session } from '#domain/session.ts';
import type { SchemaVersion } from '#domain/stored-rows.ts';
import { seedConversation, seedConversations, seedSession } from '../support/seed.ts';
import { changeRows, readRows } from './raw-rows.ts';
import { onggiOn } from './onggi.ts';
import { expect, test, text } from './seeded.ts';

test('finds what does not fit together, mends it and takes that back', async ({ start }) => {
  const { conversation, messages } = seedConversation('counted');
  const lost = seedConversation('lost', { texts: ['all alone'] });
  const { page } = await start({
    rows: {
      conversations: [{ ...conversation, messageCount: 99 }],
      // The run by itself is not due: only the one that is asked for is on the screen.
      maintenanceRuns: [
        { id: 'done', kind: 'scheduled', startedAt: Date.now(), endedAt: Date.now(), report: {} },
      ],
      messages: [
        ...messages,
        ...lost.messages.map((row) => ({ ...row, conversationId: toConversationId('nowhere') })),
      ],
    },
    hash: '#/storage',
  });
  const card = page.getByRole('region', { name: text('upkeep.title') });
  await card.getByRole('button', { name: text('upkeep.run') }).click();
  await expect(card.getByText('1 conversation with wrong counters')).toBeVisible();
  await expect(card.getByText('1 message without a conversation')).toBeVisible();
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(violations.map(({ id, nodes }) => [id, nodes[0]?.html])).toEqual([]);

  await card.getByRole('button', { name: text('upkeep.repair'), exact: true }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('button', { name: text('upkeep.repair'), exact: true }).click();
  await expect(card.getByText('2 conversations mended')).toBeVisible();
  await expect(card.getByRole('button', { name: text('upkeep.repair'), exact: true })).toBeHidden();
  const list = page.getByRole('list', { name: text('list.name') });
  await expect(list.getByRole('link')).toHaveCount(2);
  await card.getByRole('button', { name: text('upkeep.undo') }).click();
  await expect(list.getByRole('link')).toHaveCount(1);
});

test('every conversation that leaves the trash is listed, and every repair of old can be undone', async ({
  start,
}) => {
  const day = 24 * 60 * 60 * 1000;
  const now = Date.now();
  const trashed = Array.from({ length: 60 }, (_, at) => {
    const { conversation, messages } = seedConversation(`Gone ${at}`);
    const deletedAt = now - 28 * day;
    return { conversation: { ...conversation, status: 'deleted' as const, deletedAt }, messages };
  });
  const note = { id: 'day', before: null, after: null };
  const { page } = await start({
    rows: {
      ...seedConversations(trashed),
      maintenanceRuns: Array.from({ length: 12 }, (_, at) => ({
        id: `run-${at}`,
        kind: at === 11 ? ('repair' as const) : ('scheduled' as const),
        startedAt: now - at * 1000,
        endedAt: now - at * 1000,
        report: {
          announced: trashed.map(({ conversation: { id } }) => ({ id, since: now - 6 * day })),
          ...(at === 11 && { repairedConversations: 1, undo: [note] }),
        },
      })),
    },
    hash: '#/storage',
  });
  const leaving = page.getByRole('region', { name: text('upkeep.leaving') });
  await expect(leaving.getByRole('listitem')).toHaveCount(50);
  await leaving.getByRole('button', { name: text('upkeep.more', { count: 10 }) }).click();
  await expect(leaving.getByRole('listitem')).toHaveCount(60);

  const runs = page.getByRole('region', { name: text('upkeep.title') });
  await expect(runs.getByText(/conversation mended/)).toHaveCount(0);
  await runs.getByRole('button', { name: text('upkeep.more', { count: 2 }) }).click();
  await expect(runs.getByText(/conversation mended/)).toBeVisible();
});

test('the storage page tells which version of the database came when', async ({
  onggi,
  endpoint,
}) => {
  const { page } = onggi;
  await onggi.open();
  await onggi.connect(endpoint.localhostUrl);
  await page.goto('/#/storage');
  const all = page.getByRole('region', { name: text('data.schema') }).getByRole('listitem');
  await expect(all.filter({ hasText: text('data.schema2') })).toHaveCount(1);
  const versions = await readRows<SchemaVersion>(page, 'schemaVersions');
  await expect(all).toHaveCount(versions.length);
  const date = new Intl.DateTimeFormat('en', { year: 'numeric', month: 'short', day: 'numeric' });
  for (const [at, { version, appliedAt }] of versions.entries()) {
    await expect(all.nth(at)).toContainText(text('data.version', { version }));
    await expect(all.nth(at)).toContainText(date.format(appliedAt));
  }
});

test('finds what search has otherwise than it is stored, and makes it anew @long', async ({
  start,
}) => {
  const { page } = await start({
    rows: {
      sessions: [seedSession()],
      ...seedConversations([
        // From elsewhere: of answers given here the usage would be found too low.
        ...[
          ['apples', 'red apple', 'green pear'] as const,
          ['plums', 'blue plum', 'yellow lemon'] as const,
        ].map(([id, ...texts]) => seedConversation(id, { source: 'chatgpt', texts })),
      ]),
      maintenanceRuns: [
        { id: 'done', kind: 'scheduled', startedAt: Date.now(), endedAt: Date.now(), report: {} },
      ],
    },
    hash: '#/search',
  });
  // Search has begun, by words and by meaning.
  const box = page.getByRole('main').getByRole('searchbox', { name: text('sidebar.search') });
  const results = page.getByRole('list', { name: text('search.results') }).getByRole('listitem');
  await box.fill('lemon');
  await expect(results.filter({ hasText: 'plums' })).toContainText(text('meaning.byBoth'));
  await changeRows(page, [
    { table: 'messages', id: 'plums/1', changes: { content: 'black cherry' } },
  ]);
  await page.goto('/#/storage');
  const card = page.getByRole('region', { name: text('upkeep.title') });
  await card.getByRole('button', { name: text('upkeep.run') }).click();
  const stale = card.getByText('1 text that search has otherwise than it is stored');
  await expect(stale).toBeVisible();
  await expect(card.getByText('1 passage that is not found by meaning')).toBeVisible();
  const rows = await readRows(page, 'messages');

  await card.getByRole('button', { name: text('upkeep.repair'), exact: true }).click();
  const dialog = page.getByRole('dialog');
  await expect(dialog).toContainText(text('upkeep.repairSearchBody'));
  await dialog.getByRole('button', { name: text('upkeep.repair'), exact: true }).click();
  await expect(card.getByText(text('upkeep.did.search'))).toBeVisible();
  const newest = card.getByRole('listitem').filter({ hasText: text('upkeep.did.search') });
  await expect(newest).toContainText(text('upkeep.sound'));
  await expect(card.getByRole('button', { name: text('upkeep.repair'), exact: true })).toBeHidden();
  expect(await readRows(page, 'messages')).toEqual(rows);
  await page.goto('/#/search');
  await box.fill('cherry');
  await expect(results.filter({ hasText: 'plums' })).toContainText(text('meaning.byBoth'));
});

test('lists the visits with device and duration, and ends one', async ({ start }) => {
  const HOUR_MS = 60 * 60_000;
  const visit = (id: string, userAgent: string | null, lastedMs: number): Session => ({
    ...seedSession(),
    id: toSessionId(id),
    userAgent,
    lastActivity: seedSession().createdAt + lastedMs,
  });
  const chromeOnWindows =
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36';
  const { page } = await start({
    rows: {
      sessions: [visit('long', chromeOnWindows, 1.5 * HOUR_MS), visit('short', null, 59_000)],
    },
    hash: '#/settings/privacy',
  });
  const card = page.getByRole('region', { name: text('visits.title') });
  const visits = card.getByRole('listitem');
  await expect(visits).toHaveCount(3);
  await expect(visits.filter({ hasText: 'Windows' })).toContainText('Duration: 1 hr 30 min');
  await expect(visits.filter({ hasText: 'Windows' })).toContainText('Chrome');
  await expect(visits.filter({ hasText: text('visits.unknown') })).toContainText(
    `Duration: ${text('visits.moment')}`,
  );
  await expect(card.getByText(text('visits.this'))).toBeVisible();
  await card.getByRole('button', { name: /^End the visit/ }).click();
  await expect(card.getByText(text('visits.terminated'))).toBeVisible();
});

test('after the visit one is in was ended, what is done next is of another one, in every tab', async ({
  start,
}) => {
  const onggi = await start({ hash: '#/settings/privacy' });
  const { page } = onggi;
  const visits = page.getByRole('region', { name: text('visits.title') }).getByRole('listitem');
  const other = onggiOn(await page.context().newPage());
  await other.open();
  await expect(other.composer).toBeVisible();
  await expect(visits).toHaveCount(1);
  await page.bringToFront();
  await page.getByRole('button', { name: /^End the visit/ }).click();
  await expect(visits.first()).toContainText(text('visits.terminated'));
  await expect(visits.getByText(text('visits.this'))).toBeHidden();
  await page.keyboard.press('Shift');
  await expect(visits).toHaveCount(2);
  await expect(visits.first()).toContainText(text('visits.this'));
  await expect(visits.first()).toContainText(text('visits.active'));

  await page.goto('/#/');
  await onggi.ask('From the tab that ended it');
  await other.page.bringToFront();
  await other.ask('From the other one');
  const sessions = await readRows<Session>(page, 'sessions');
  expect(sessions.map(({ status }) => status).sort()).toEqual(['active', 'terminated']);
  const current = sessions.find(({ status }) => status === 'active');
  const messages = await readRows<Message>(page, 'messages');
  expect(messages).toHaveLength(4);
  expect(new Set(messages.map(({ sessionId }) => sessionId))).toEqual(new Set([current?.id]));
});

test('two hours in which somebody only reads are two hours of a visit', async ({ start, page }) => {
  await page.clock.install();
  await start({ rows: seedConversations([seedConversation('read')]) });
  const lastedMinutes = async () => {
    const [visit] = await readRows<Session>(page, 'sessions');
    return visit && Math.round((visit.lastActivity - visit.createdAt) / 60_000);
  };
  for (const minutes of [30, 60, 90, 120]) {
    await page.clock.fastForward('30:00');
    // What watches comes half a minute after the start, over the network.
    await expect(async () => {
      await page.mouse.wheel(0, 10);
      expect(await lastedMinutes()).toBeGreaterThanOrEqual(minutes);
    }).toPass();
  }
});

test('says whether the browser keeps the data, and what that means in this one @long', async ({
  start,
}) => {
  const { page } = await start({ hash: '#/storage' });
  const card = page.getByRole('region', { name: text('space.protection') });
  await expect(card.getByText(text('space.unprotectedBody'))).toBeVisible();
  await expect(card.getByText(text('space.browser.Chrome'))).toBeVisible();
  // Such a profile, which is thrown away, is never kept for good.
  await card.getByRole('button', { name: text('data.protect') }).click();
  await expect(page.getByText(text('data.notProtected'))).toBeVisible();

  const cdp = await page.context().newCDPSession(page);
  const others = [
    ['Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0', 'Firefox'],
    [
      'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/140.0 Mobile/15E148 Safari/604.1',
      'Safari',
    ],
    ['Mozilla/5.0 (Unknown)', 'other'],
  ] as const;
  for (const [userAgent, advice] of others) {
    await cdp.send('Emulation.setUserAgentOverride', { userAgent });
    await page.reload();
    await expect(card.getByText(text(`space.browser.${advice}`))).toBeVisible();
  }

  // One that has promised.
  await page.addInitScript(() => {
    navigator.storage.persisted = () => Promise.resolve(true);
  });
  await page.reload();
  await expect(card.getByText(text('space.protectedBody'))).toBeVisible();
  await expect(card.getByRole('button', { name: text('data.protect') })).toBeHidden();
});

test('what was taken back of the usage is told, and not asked for again', async ({ start }) => {
  const run = (leavesUsage: boolean) => ({
    id: 'raised',
    kind: 'scheduled',
    startedAt: Date.now(),
    endedAt: Date.now(),
    report: {
      leavesUsage,
      check: { conversationCount: 1, messageCount: 2, problems: { usage: 1 }, repairableIds: [] },
    },
  });
  const onggi = await start({ rows: { maintenanceRuns: [run(true)] }, hash: '#/storage' });
  const card = onggi.page.getByRole('region', { name: text('upkeep.title') });
  const mend = card.getByRole('button', { name: text('upkeep.repair'), exact: true });
  await expect(card.getByText(text('upkeep.usageLeft'))).toBeVisible();
  await expect(mend).not.toHaveClass(/primary/);

  // Whoever took nothing back is asked.
  await changeRows(onggi.page, [{ table: 'maintenanceRuns', id: 'raised', changes: run(false) }]);
  await onggi.page.reload();
  await expect(mend).toHaveClass(/primary/);
  await expect(card.getByText(text('upkeep.usageLeft'))).toHaveCount(0);
});

test('says how safe the data are, in each of eight states', async ({ start }) => {
  const day = 24 * 60 * 60 * 1000;
  const now = Date.now();
  const copied = (id: 'download' | 'folder', days: number) => ({
    ...{ id, lastSuccessAt: now - days * day, lastFileName: 'copy.json.gz', lastSizeBytes: 9 },
    ...{ lastFailureAt: null, lastFailureCode: null, directory: null, intervalMs: null },
  });
  const checked = (id: string, at: number, problems: object) => ({
    ...{ id, kind: 'scheduled', startedAt: at, endedAt: at },
    report: { check: { conversationCount: 1, messageCount: 2, problems, repairableIds: [] } },
  });
  // No run is due, and none of these has looked at the rows.
  const quiet = { id: 'quiet', kind: 'scheduled', startedAt: now, endedAt: now, report: {} };
  const onggi = await start({
    rows: { ...seedConversations([seedConversation('Kept')]), maintenanceRuns: [quiet] },
    hash: '#/storage',
  });
  const { page } = onggi;
  const card = page.getByRole('region', { name: text('space.protection') });
  const shows = async (part: 'outside' | 'inside' | 'checked', value: string | RegExp) => {
    const row = card.locator('dl > div').filter({ hasText: text(`space.${part}`) });
    await expect(row.getByRole('definition')).toHaveText(value);
    const isWarning = await row.getByRole('definition').evaluate((each) => each.matches('.warn'));
    return { isWarning };
  };
  const none = text('space.noneYet');

  // 1. Nothing was done yet.
  await expect(card.getByText(text('space.unprotectedBody'))).toBeVisible();
  expect(await shows('outside', none)).toEqual({ isWarning: true });
  await shows('inside', none);
  await shows('checked', none);
  // 2. A copy of yesterday; 3. an old one, which does not hold everything.
  await changeRows(page, [
    { table: 'backupTargets', id: 'download', changes: copied('download', 1) },
  ]);
  await page.reload();
  expect(await shows('outside', 'yesterday')).toEqual({ isWarning: false });
  await changeRows(page, [
    { table: 'backupTargets', id: 'download', changes: { lastSuccessAt: now - 90 * day } },
  ]);
  await page.reload();
  await expect.poll(() => shows('outside', '90 days ago')).toEqual({ isWarning: true });
  // 4. A snapshot.
  await page.goto('/#/data');
  await page.getByText(text('backup.snapshots')).click();
  await page.getByRole('button', { name: text('backup.copyNow') }).click();
  await expect(page.getByText(`${text('backup.snapshots')} · 1`)).toBeVisible();
  await page.goto('/#/storage');
  await shows('inside', /now|second/);
  // 5. A check that found nothing; 6. a newer one that did.
  await changeRows(page, [
    { table: 'maintenanceRuns', id: 'well', changes: checked('well', now - 2 * day, {}) },
  ]);
  await page.reload();
  const good = text('space.checkGood', { when: '2 days ago' });
  expect(await shows('checked', good)).toEqual({ isWarning: false });
  await changeRows(page, [
    { table: 'maintenanceRuns', id: 'ill', changes: checked('ill', now - day, { unreadable: 1 }) },
  ]);
  await page.reload();
  const bad = text('space.checkBad', { when: 'yesterday' });
  expect(await shows('checked', bad)).toEqual({ isWarning: true });
  // 7. A browser that has promised to keep them; 8. one without files of its own.
  await page.addInitScript(() => {
    navigator.storage.persisted = () => Promise.resolve(true);
    StorageManager.prototype.getDirectory = () =>
      Promise.reject(new DOMException('', 'SecurityError'));
  });
  await page.reload();
  await expect(card.getByText(text('space.protectedBody'))).toBeVisible();
  expect(await shows('inside', text('space.notHere'))).toEqual({ isWarning: true });
});
