/** `npm run demo-endpoint`: the conformance server on a fixed port, to try the app by hand. */
import {
  CONFORMANCE_MODELS,
  createConformanceServer,
} from '../tests/support/conformance-server.mjs';

const PORT = 4180;

/** @param {unknown} cause @returns {never} */
const explainAndExit = (cause) => {
  if (!(cause instanceof Error && 'code' in cause && cause.code === 'EADDRINUSE')) throw cause;
  console.error(`Port ${PORT} is in use. Is this script running already?`);
  process.exit(1);
};

const server = await createConformanceServer({ port: PORT, apiKey: undefined }).catch(
  explainAndExit,
);

const idWidth = Math.max(...CONFORMANCE_MODELS.map(({ id }) => id.length));

console.log(`This is a TEST DOUBLE. It replays recordings and is not a model; it understands nothing.
이것은 시험용 서버입니다. 녹화된 답을 되풀이할 뿐, AI 모델이 아닙니다.

Base URL   ${server.localhostUrl}   (no API key wanted)

Models, each with what it does. A number can be set behind the name: steady?k=100&ms=50
`);
for (const { id, summary } of CONFORMANCE_MODELS)
  console.log(`  ${id.padEnd(idWidth)}  ${summary}`);
console.log('\nPress Ctrl+C to stop.');

for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => void server.close());
