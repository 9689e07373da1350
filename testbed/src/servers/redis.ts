import { scratch } from '../scratch.ts';
import { server, settle, type Place, type Server } from './place.ts';

/** Starts a Redis that keeps nothing on disk. */
export async function startRedis({
  args = [],
  ...place
}: Place & { readonly args?: readonly string[] } = {}): Promise<Server> {
  const { port, start } = await settle(place, 6379);
  const files = scratch();
  const options = [
    '--port',
    String(port),
    '--bind',
    '127.0.0.1',
    '--save',
    '',
    '--appendonly',
    'no',
    '--dir',
    files.folder,
  ];
  const daemon = await start('redis-server', [...options, ...args], {
    ready: (output) => output.includes('Ready to accept connections'),
  });
  return server(daemon, port, files);
}
