import { expect, test, vi } from 'vitest';
import { render } from 'vitest-browser-svelte';
import Segmented from '#ui/parts/Segmented.svelte';
import Switch from '#ui/parts/Switch.svelte';

test('a switch tells its name, its state and its new state', async () => {
  const onchange = vi.fn();
  const props = { label: '자동 저장', hint: 'Keeps all', checked: false, onchange };
  const screen = await render(Switch, { props });
  const toggle = screen.getByRole('switch', { name: '자동 저장' });
  await expect.element(toggle).not.toBeChecked();
  await expect.element(toggle).toHaveAccessibleDescription('Keeps all');
  await toggle.click();
  expect(onchange).toHaveBeenCalledExactlyOnceWith(true);
  await screen.rerender({ ...props, checked: true });
  await expect.element(toggle).toBeChecked();
});

test('a choice marks what is chosen and tells what is chosen instead', async () => {
  const onchange = vi.fn();
  const options = [
    { value: 'ko', label: '한국어', lang: 'ko' },
    { value: 'en', label: 'English', lang: 'en' },
  ] as const;
  const screen = await render(Segmented, {
    props: { label: 'Language', value: 'ko', options, onchange },
  });
  const group = screen.getByRole('group', { name: 'Language' });
  await expect.element(group.getByRole('radio', { name: '한국어' })).toBeChecked();
  await group.getByRole('radio', { name: 'English' }).click();
  expect(onchange).toHaveBeenCalledExactlyOnceWith('en');
  await expect.element(group.getByText('English')).toHaveAttribute('lang', 'en');
});
