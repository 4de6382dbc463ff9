/** Packs the bytes that the backup worker reads. */
import { servePacking } from './remote-packer.ts';

addEventListener(
  'message',
  ({ data, ports: [port] }: MessageEvent<unknown>) => {
    if (port) void servePacking(data, port);
  },
  { once: true },
);
