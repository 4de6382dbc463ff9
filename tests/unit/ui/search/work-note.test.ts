import { createRawSnippet, mount, unmount } from 'svelte';
import { expect, onTestFinished, test } from 'vitest';
import WorkNote from '#ui/search/WorkNote.svelte';

test('reads out the sentence alone, and shows the figures beside the progress', () => {
  const note = mount(WorkNote, {
    target: document.body,
    props: {
      progress: { label: 'Indexing', share: 0.5, figures: '3 of 6' },
      children: createRawSnippet(() => ({ render: () => '<span>It goes on.</span>' })),
    },
  });
  onTestFinished(() => unmount(note));
  expect(document.querySelector('[role=status]')?.textContent).toBe('It goes on.');
  expect(document.body.textContent).toContain('3 of 6');
  const progress = document.querySelector('progress');
  expect(progress?.value).toBe(0.5);
  expect(progress?.getAttribute('aria-label')).toBe('Indexing');
});
