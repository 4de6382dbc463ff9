import type { SqlJsStatic } from 'sql.js';
import wasmUrl from 'sql.js/dist/sql-wasm-browser.wasm?url';
import { OnggiError } from '#domain/errors.ts';

/**
 * SQLite as WebAssembly (1 MB with its glue), fetched when the first export or import needs it; later
 * calls give the same one. For workers: SQLite blocks its thread while it works.
 * @throws OnggiError `app/worker-failed` (worth a retry) when it cannot be fetched, e.g. offline.
 */
export async function loadSqlite(): Promise<SqlJsStatic> {
  try {
    // Fetched here, because sql.js remembers a failed start for ever.
    const response = await fetch(wasmUrl);
    if (!response.ok) throw new Error(`status ${response.status}`);
    const wasmBinary = await response.arrayBuffer();
    const { default: initSqlJs } = await import('sql.js');
    return await initSqlJs({ wasmBinary });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const options = { cause: error, detail: message, retryable: true };
    throw new OnggiError('app/worker-failed', `SQLite did not start: ${message}`, options);
  }
}
