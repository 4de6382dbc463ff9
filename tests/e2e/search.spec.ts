import type { Page } from '@playwright/test';
import {
  seedConversation,
  seedConversations,
  seedDatabase,
  seedEndpoint,
  seedSettings,
} from '../support/seed.ts';
import { expect, test } from './onggi.ts';
import { text } from './seeded.ts';

const texts = (question: string, answer: string) => ({ texts: [question, answer] });

const CORPUS = seedConversations([
  seedConversation('백업 이야기', { id: 'ko', ...texts('복구에 실패했습니다', '다시 해 보세요') }),
  seedConversation('Restore', { id: 'en', ...texts('pg_restore stops here', 'Create the role') }),
  seedConversation('紅葉', { id: 'ja', ...texts('京都の見頃はいつ', '十一月の後半です') }),
  seedConversation('备份', { id: 'zh', ...texts('数据库备份失败了', '先检查磁盘空间') }),
]);

async function findInFourLanguages(page: Page) {
  const box = page.getByRole('searchbox', { name: text('sidebar.search') });
  const results = page.getByRole('list', { name: text('search.results') }).getByRole('listitem');
  for (const [query, title] of [
    ['실패했', '백업 이야기'],
    ['_REST', 'Restore'],
    ['後半', '紅葉'],
    ['磁', '备份'],
  ] as const) {
    await box.fill(query);
    await expect(results).toHaveCount(1, { timeout: 15_000 });
    await expect(results).toContainText(title);
    await expect(results.locator('mark').first()).toHaveText(new RegExp(query, 'i'));
  }
  return results;
}

test('any part of a word is found in four languages, and a click leads to it', async ({
  onggi,
  endpoint,
  page,
}) => {
  const row = seedEndpoint(endpoint.localhostUrl, ['echo-fast']);
  await seedDatabase(page, {
    endpoints: [row],
    userSettings: [seedSettings({ defaultEndpointId: row.id, defaultModel: 'echo-fast' })],
    ...CORPUS,
  });
  await onggi.open();
  await page.getByRole('button', { name: text('search.open'), exact: true }).click();
  const results = await findInFourLanguages(page);

  // A click opens the conversation at the place, and finding goes on there.
  await results.getByRole('link').click();
  await expect(onggi.answers).toContainText(['先检查磁盘空间']);
  const find = page.getByRole('search', { name: text('find.open') });
  await expect(find.getByRole('status')).toHaveText(text('find.count', { position: 1, total: 1 }));
  await find.getByRole('searchbox').fill('备份');
  await expect(find.getByRole('status')).toHaveText(text('find.count', { position: 1, total: 1 }));
  await find.getByRole('searchbox').press('Escape');
  await expect(find).toHaveCount(0);
});
