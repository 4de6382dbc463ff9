/** Imports a generated ChatGPT export in the portability worker while somebody types; see import.mjs. */
import { Zip, ZipDeflate } from 'fflate';
import { toSessionId } from '#domain/ids.ts';
import { openDatabase } from '#db/open-database.ts';
import { createImportClient } from '#portability/import-client.ts';
import workerUrl from '#portability/portability.worker.ts?worker&url';
import type { ImportBench, KeyWaits } from './import-bench.ts';
import { createChatgptExport } from '../../../support/generate-chatgpt-export.ts';

const ignore = (): undefined => undefined;

/** The generated texts say the same again and again: packed they are denser than those of people. */
const allowed = { isFarAllowed: true };

/** The archive that ChatGPT gives, in parts that the browser may keep outside of the heap. */
async function zipOf(json: Blob): Promise<readonly Blob[]> {
  const parts: Blob[] = [];
  const zip = new Zip((error, chunk) => {
    if (error) throw error;
    parts.push(new Blob([new Uint8Array(chunk)]));
  });
  const entry = new ZipDeflate('conversations.json', { level: 1 });
  zip.add(entry);
  const reader = json.stream().getReader();
  for (let read = await reader.read(); !read.done; read = await reader.read()) {
    entry.push(read.value);
  }
  entry.push(new Uint8Array(), true);
  zip.end();
  return parts;
}

const waits: KeyWaits = { handled: [], shown: [] };
let file = new File([], 'none');

document.querySelector('textarea')?.addEventListener('keydown', (event) => {
  waits.handled.push(performance.now() - event.timeStamp);
  requestAnimationFrame(() => {
    setTimeout(() => waits.shown.push(performance.now() - event.timeStamp));
  });
});

const importBench: ImportBench = {
  async make({ sizeBytes, isZip }) {
    const json = createChatgptExport({ sizeBytes });
    const parts = isZip ? await zipOf(json) : [json];
    file = new File([...parts], isZip ? 'export.zip' : 'conversations.json');
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
    const { report } = await client.run([file], 'update', allowed);
    const seconds = (performance.now() - before) / 1000;
    const again = performance.now();
    await client.run([file], 'update', allowed);
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
