import { expect, test } from 'vitest';
import type { ExportedFile, ExportRequest } from '#domain/export-request.ts';
import { Exports } from '#state/exports.svelte.ts';

const REQUEST: ExportRequest = {
  format: 'archive',
  ids: 'all',
  withBranches: true,
  withAttachments: true,
  withTrash: false,
  anonymise: null,
  skipPoorAnswers: false,
};
const FILE: ExportedFile = { fileName: 'a.zip', sizeBytes: 3, blob: null, leftOutCount: 0 };

/** Exports that note which handle each run was given, and whether it was stopped before it began. */
function createExports() {
  const handles: (FileSystemFileHandle | null)[] = [];
  const stopped: (FileSystemFileHandle | null)[] = [];
  const exports = new Exports({
    nameFile: ({ format }) => Promise.resolve(`onggi.${format}`),
    run: (_request, handle, _onProgress, signal) => {
      (signal.aborted ? stopped : handles).push(handle);
      return signal.aborted ? Promise.reject(new Error('stopped')) : Promise.resolve(FILE);
    },
    findMasked: () => Promise.resolve({ places: [], count: 0 }),
    toMarkdown: () => Promise.resolve(undefined),
  });
  exports.choose('all');
  return { exports, handles, stopped };
}

test('asks for a place by the name of the file, and writes there', async () => {
  const { exports, handles } = createExports();
  const root = await navigator.storage.getDirectory();
  const names: string[] = [];
  const handle = await root.getFileHandle('place', { create: true });
  await exports.run(REQUEST, (name) => {
    names.push(name);
    return Promise.resolve(handle);
  });
  expect(names).toEqual(['onggi.archive']);
  expect(handles).toEqual([handle]);
  expect(exports.phase).toEqual({ kind: 'done', file: FILE });
});

test('begins nothing when the person changed their mind', async () => {
  const { exports, handles, stopped } = createExports();
  await exports.run(REQUEST, () => Promise.resolve(undefined));
  expect(exports.phase.kind).toBe('choosing');
  expect([...handles, ...stopped]).toEqual([]);
});

for (const isOpenedAgain of [false, true]) {
  const what = isOpenedAgain ? 'closed and opened again' : 'closed';
  test(`begins nothing when the dialog was ${what} while a place was asked for`, async () => {
    const { exports, handles, stopped } = createExports();
    const root = await navigator.storage.getDirectory();
    const handle = await root.getFileHandle('place', { create: true });
    await exports.run(REQUEST, () => {
      exports.stop();
      if (isOpenedAgain) exports.choose('all');
      return Promise.resolve(handle);
    });
    expect(exports.phase.kind).toBe(isOpenedAgain ? 'choosing' : 'closed');
    expect(handles).toEqual([]);
    expect(stopped).toEqual([handle]);
  });
}

test('says when the browser does not let a place be picked', async () => {
  const { exports } = createExports();
  await exports.run(REQUEST, () => Promise.reject(new DOMException('no click', 'SecurityError')));
  expect(exports.phase.kind).toBe('failed');
});
