/** Reads and writes backups beside the page; compression runs in a worker of its own. */
import { newestVersion } from '#db/migrate.ts';
import { openPageDatabase } from '#db/open-database.ts';
import { SCHEMA_STEPS } from '#db/schema-steps.ts';
import { createRemotePacker } from './remote-packer.ts';
import { serveBackup } from './serve-backup.ts';

const clock = (): number => Date.now();
const ignore = (): undefined => undefined;

addEventListener(
  'message',
  ({ ports: [port] }: MessageEvent<unknown>) => {
    if (!port) return;
    serveBackup(port, {
      clock,
      schemaVersion: newestVersion(SCHEMA_STEPS),
      // The page hears of an upgrade itself; here the next read fails.
      openDatabase: (name) =>
        openPageDatabase(name, {
          clock,
          events: { onSuperseded: ignore, onBlocked: ignore, onLost: ignore },
        }),
      createPacker: (options) =>
        createRemotePacker(
          () => new Worker(new URL('./compress.worker.ts', import.meta.url), { type: 'module' }),
          options,
        ),
    });
  },
  { once: true },
);
