import {
  LOADING,
  card,
  findByMeaning,
  gpu,
  removeModel,
  row,
  rows,
  useModel,
} from './gpu-model.ts';
import { expect, test, text } from './seeded.ts';

test('a browser that gives no graphics processor says so when it is chosen, keeps the vectors, and goes on without', async ({
  start,
  page,
}) => {
  await start({ rows, hash: '#/settings/models' });
  try {
    await useModel(page, 'gpu-none/tiny');
    await gpu(page).click();
    await expect(card(page).getByText(text('error.model/no-gpu'))).toBeVisible(LOADING);
    await gpu(page).click();
    await expect(card(page).getByText(text('error.model/no-gpu'))).toHaveCount(0);
    await expect(row(page, 'gpu-none/tiny')).toContainText(text('embedder.inUse'), LOADING);
    await findByMeaning(page);
  } finally {
    await removeModel('gpu-none');
  }
});
