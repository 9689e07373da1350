import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join } from 'node:path';
import { scratch } from '@postern/testbed';

/** The documentation as a web server shows it. */
export interface Site extends AsyncDisposable {
  /** Without a slash at its end. */
  readonly url: string;
  /** The folder it was built into. */
  readonly folder: string;
}

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.json': 'application/json',
  '.woff2': 'font/woff2',
};

/** Builds the site without the generated reference, and serves it on 127.0.0.1. @throws Error when it does not build */
export async function startSite(): Promise<Site> {
  const place = scratch();
  const folder = join(place.folder, 'site');
  const root = join(import.meta.dirname, '../..');
  const child = spawn(join(root, 'node_modules/.bin/vitepress'), ['build', 'docs', '--outDir', folder], {
    cwd: root,
    env: { ...process.env, POSTERN_DOCS_WITHOUT_API: '1', NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (said += String(chunk)));
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`the site does not build:\n${said}`);

  const server = createServer((request, response) => {
    const path = new URL(request.url ?? '/', 'http://localhost').pathname;
    const file = [path, `${path}.html`, join(path, 'index.html')]
      .map((each) => join(folder, each))
      .find((each) => extname(each) !== '' && existsSync(each));
    if (file === undefined) response.writeHead(404).end();
    else
      response
        .writeHead(200, { 'content-type': types[extname(file)] ?? 'application/octet-stream' })
        .end(readFileSync(file));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    folder,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      place[Symbol.dispose]();
    },
  };
}
