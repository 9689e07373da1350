/** Usage: node src/main.ts TARGET [PORT]   (TARGET: a folder, local, or ssh://user@host:port) */
import type { AddressInfo } from 'node:net';
import { connect, localHost, readFolder } from '@postern/controller';
import { createResolver } from '@postern/dns';
import { makeService, type Watched } from './service.ts';

const [target = 'local', port = '0'] = process.argv.slice(2);

/** A folder has no queue and does not say which Postfix reads it. */
function watchFolder(directory: string): Watched {
  return {
    name: directory,
    readConfig: async () => ({ ...(await readFolder(directory)), version: '3.7.11' }),
    queue: { summary: () => Promise.reject(new Error('a folder has no queue')) },
  };
}

const host = target.startsWith('ssh://') ? await connect({ host: target }) : undefined;
const watched = host ?? (target === 'local' ? localHost() : watchFolder(target));
const resolver = createResolver();
const app = makeService({ host: watched, resolver });

// It shows a mail server to whoever asks: on another address it needs a login in front.
await app.listen({ host: '127.0.0.1', port: Number(port) });
console.log(`http://127.0.0.1:${(app.server.address() as AddressInfo).port}/`);

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    void app.close().then(async () => {
      await resolver.close();
      await host?.close();
    });
  });
}
