/** Builds onggi and serves it on this machine: one line for each, and the address at the end. */
import { fileURLToPath } from 'node:url';
import { build, preview } from 'vite';

const PORT = 4173;
const root = fileURLToPath(new URL('..', import.meta.url));

console.log('Building onggi …');
await build({ root, logLevel: 'error' });
try {
  const server = await preview({
    root,
    logLevel: 'error',
    preview: { port: PORT, strictPort: true },
  });
  const address = server.resolvedUrls?.local[0] ?? `http://localhost:${PORT}/`;
  console.log(`onggi is ready: ${address}\nStop it with Ctrl+C.`);
} catch (error) {
  console.error(`Port ${PORT} is taken. Is onggi running already? http://localhost:${PORT}/`);
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
}
