/** Bundles the page and serves it on 127.0.0.1: node src/serve.ts [PORT] */
import { createServer } from 'node:http';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { AddressInfo } from 'node:net';
import { build } from 'esbuild';

const root = join(import.meta.dirname, '..');
const { outputFiles } = await build({
  entryPoints: [join(root, 'src/main.ts')],
  bundle: true,
  format: 'esm',
  write: false,
  ...(process.execArgv.includes('--conditions=@postern/source') ? { conditions: ['@postern/source'] } : {}),
});
const script = outputFiles[0]!.contents;

const server = createServer((request, response) => {
  if (request.url === '/main.js') {
    response.setHeader('content-type', 'text/javascript').end(script);
  } else if (request.url === '/') {
    void readFile(join(root, 'index.html')).then((page) =>
      response.setHeader('content-type', 'text/html').end(page),
    );
  } else {
    response.writeHead(404).end();
  }
});
server.listen(Number(process.argv[2] ?? 0), '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
});
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => server.close(() => process.exit(0)));
