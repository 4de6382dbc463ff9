import { expect, test } from 'vitest';
import { OnggiError } from '#domain/errors.ts';
import type { ImportPreview, ImportReport } from '#domain/import-report.ts';
import { Imports } from '#state/imports.svelte.ts';
import type { ImportWork } from '#state/imports.svelte.ts';
import { StorageHealth } from '#state/storage-health.svelte.ts';

const PREVIEW: ImportPreview = {
  files: [],
  sources: [],
  skipped: [],
  notes: [],
  refused: [],
  collisionCount: 0,
};
const REPORT: ImportReport = {
  ...PREVIEW,
  startedAt: 1,
  endedAt: 2,
  isCancelled: false,
  addedMessageCount: 3,
  storedAttachmentCount: 0,
};
const FILES = [new File(['{}'], 'export.json')];

function createImports(work: Partial<ImportWork> = {}): Imports {
  return new Imports(
    {
      preview: () => Promise.resolve({ preview: PREVIEW, backup: null }),
      run: () => Promise.resolve({ id: 'i', report: REPORT }),
      undo: () => Promise.resolve({ removed: 0, kept: 0, documents: 0 }),
      watchRuns: () => ({ subscribe: () => ({ unsubscribe: () => undefined }) }),
      ...work,
    },
    new StorageHealth(),
  );
}

test('goes from the files over the preview to the report', async () => {
  const imports = createImports();
  await imports.begin(FILES);
  expect(imports.phase).toEqual({ kind: 'preview', preview: PREVIEW });
  await imports.run('update');
  expect(imports.phase).toEqual({ kind: 'done', id: 'i', report: REPORT });
});

test('says why a file was refused, and takes the next one', async () => {
  const imports = createImports({
    preview: ({ files }) =>
      files === FILES
        ? Promise.resolve({ preview: PREVIEW, backup: null })
        : Promise.reject(new OnggiError('file/damaged', 'cut')),
  });
  await imports.begin([new File([], 'broken.zip')]);
  expect(imports.phase).toMatchObject({ kind: 'failed', error: { code: 'file/damaged' } });
  imports.close();
  await imports.begin(FILES);
  expect(imports.phase.kind).toBe('preview');
});

test('a preview that was stopped does not come back when its reading ends', async () => {
  let finish: (value: { preview: ImportPreview; backup: null }) => void = () => undefined;
  const imports = createImports({
    preview: () => new Promise((resolve) => (finish = resolve)),
  });
  const begun = imports.begin(FILES);
  imports.stop();
  finish({ preview: PREVIEW, backup: null });
  await begun;
  expect(imports.phase.kind).toBe('closed');
});

test('a running import that is stopped comes to its report', async () => {
  const imports = createImports({
    run: (_files, _existing, _onProgress, signal) =>
      new Promise((resolve) => {
        signal.addEventListener('abort', () =>
          resolve({ id: 'i', report: { ...REPORT, isCancelled: true } }),
        );
      }),
  });
  await imports.begin(FILES);
  const running = imports.run('update');
  expect(imports.phase.kind).toBe('running');
  imports.close();
  expect(imports.phase.kind).toBe('running');
  imports.stop();
  await running;
  expect(imports.phase).toMatchObject({ kind: 'done', report: { isCancelled: true } });
});

test('reads what becomes far larger than usual only when told, and then stores it too', async () => {
  const allowed: boolean[] = [];
  const imports = createImports({
    preview: ({ isFarAllowed }) => {
      allowed.push(isFarAllowed);
      return Promise.resolve({ preview: PREVIEW, backup: null });
    },
    run: ({ isFarAllowed }) => {
      allowed.push(isFarAllowed);
      return Promise.resolve({ id: 'i', report: REPORT });
    },
  });
  await imports.begin(FILES);
  await imports.readFar();
  await imports.run('update');
  expect(allowed).toEqual([false, true, true]);
  // Once: the next files are asked about anew.
  await imports.begin(FILES);
  expect(allowed.at(-1)).toBe(false);
});

test('offers to restore a backup that was among the files', async () => {
  const backup = new File(['x'], 'backup_20261122_120000.json.gz');
  const imports = createImports({
    preview: () => Promise.resolve({ preview: PREVIEW, backup }),
  });
  await imports.begin([backup]);
  expect(imports.backup).toBe(backup);
});

test('names what of a drop could not be read, before and after the import', async () => {
  const imports = createImports();
  const locked = { name: 'folder/locked.json', code: 'file/unreadable', detail: null } as const;
  await imports.begin(FILES, [locked]);
  expect(imports.phase).toMatchObject({ preview: { refused: [locked] } });
  await imports.run('update');
  expect(imports.phase).toMatchObject({ report: { refused: [locked] } });
  await imports.begin([], [locked]);
  expect(imports.phase).toMatchObject({ kind: 'preview', preview: { refused: [locked] } });
});
