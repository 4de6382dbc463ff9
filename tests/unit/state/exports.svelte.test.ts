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
};
const FILE: ExportedFile = { fileName: 'a.zip', sizeBytes: 3, blob: null, leftOutCount: 0 };

/** Exports that note which handle each run was given. */
function createExports() {
  const handles: (FileSystemFileHandle | null)[] = [];
  const exports = new Exports({
    nameFile: ({ format }) => Promise.resolve(`onggi.${format}`),
    run: (_, handle) => {
      handles.push(handle);
      return Promise.resolve(FILE);
    },
    findMasked: () => Promise.resolve({ places: [], count: 0 }),
    toMarkdown: () => Promise.resolve(undefined),
  });
  exports.choose('all');
  return { exports, handles };
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

test('begins nothing when the person changed their mind, or closed the dialog meanwhile', async () => {
  const { exports, handles } = createExports();
  await exports.run(REQUEST, () => Promise.resolve(undefined));
  expect(exports.phase.kind).toBe('choosing');
  const root = await navigator.storage.getDirectory();
  await exports.run(REQUEST, () => {
    exports.stop();
    return root.getFileHandle('place', { create: true });
  });
  expect(exports.phase.kind).toBe('closed');
  expect(handles).toEqual([]);
});

test('says when the browser does not let a place be picked', async () => {
  const { exports } = createExports();
  await exports.run(REQUEST, () => Promise.reject(new DOMException('no click', 'SecurityError')));
  expect(exports.phase.kind).toBe('failed');
});
