import type { EmbedTexts } from '#domain/embedding.ts';
import { OnggiError } from '#domain/errors.ts';
import { openEndpointEmbedder } from './endpoint-embedder.ts';
import { serveEmbedding } from './serve-embedding.ts';

/** Embeds by an endpoint for whoever is at the other end of a port, until that end is closed. */
export function serveEndpointEmbedding(port: MessagePort, embedTexts: EmbedTexts): void {
  const take = serveEmbedding(
    (message, transfer) => port.postMessage(message, transfer),
    (choice) => {
      if (choice.kind === 'endpoint') return openEndpointEmbedder(choice, embedTexts);
      throw new OnggiError('app/unexpected', `not a model of an endpoint: ${choice.kind}`);
    },
  );
  port.onmessage = ({ data }: MessageEvent<unknown>) => void take(data);
}
