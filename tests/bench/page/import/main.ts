/** Imports a generated ChatGPT export in the portability worker while somebody types; see import.mjs. */
import { toSessionId } from '#domain/ids.ts';
import { openDatabase } from '#db/open-database.ts';
import { createImportClient } from '#portability/import-client.ts';
import workerUrl from '#portability/portability.worker.ts?worker&url';
import type { ImportBench, KeyWaits } from './import-bench.ts';
import { createChatgptExport } from '../../../support/generate-chatgpt-export.ts';

const ignore = (): undefined => undefined;

const waits: KeyWaits = { handled: [], shown: [] };
let file = new File([], 'none');

document.querySelector('textarea')?.addEventListener('keydown', (event) => {
  waits.handled.push(performance.now() - event.timeStamp);
  requestAnimationFrame(() => {
    setTimeout(() => waits.shown.push(performance.now() - event.timeStamp));
  });
});

const importBench: ImportBench = {
  make(sizeBytes) {
    file = new File([createChatgptExport({ sizeBytes })], 'conversations.json');
    return file.size;
  },
  async run() {
    const clock = () => Date.now();
    const events = { onSuperseded: ignore, onBlocked: ignore, onLost: ignore };
    const db = await openDatabase({ clock, events });
    const client = createImportClient({
      createWorker: () => new Worker(workerUrl, { type: 'module', name: 'portability' }),
      databaseName: () => db.name,
      sessionId: () => toSessionId('bench'),
    });
    waits.handled.length = 0;
    waits.shown.length = 0;
    const before = performance.now();
    const { report } = await client.run([file], 'update');
    const seconds = (performance.now() - before) / 1000;
    const again = performance.now();
    await client.run([file], 'update');
    return {
      seconds,
      againSeconds: (performance.now() - again) / 1000,
      conversations: report.sources[0]?.newCount ?? 0,
      messages: report.addedMessageCount,
      waits,
    };
  },
};

window.importBench = importBench;
