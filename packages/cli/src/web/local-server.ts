import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CommandError } from '../exit.ts';

/** A page for one person on this machine, and what its script asks for. */
export interface LocalSite {
  /** The script of the page, which has to stand in it word for word: nothing else is run. */
  readonly script: string;
  page(): Promise<string>;
  /** What the script asks for by name: markup for what the form says. */
  readonly parts: Readonly<Record<string, (form: URLSearchParams) => Promise<string>>>;
}

export interface LocalServer extends AsyncDisposable {
  /** With the token: who has it may look. */
  readonly url: string;
}

/** A form is a few lines; nobody needs more. */
const longestForm = 64 * 1024;

/**
 * Serves a site on the loopback interface. Other programs and users of the machine can reach the port, and so can any
 * page in the browser: each request has to name this host (or a stranger's name could be pointed at 127.0.0.1) and to
 * carry the token. No other origin gets to read anything.
 *
 * @param port  0 for any that is free
 * @throws CommandError when the port is taken
 */
export async function serveLocally(site: LocalSite, port = 0): Promise<LocalServer> {
  const token = randomBytes(24).toString('base64url');
  const headers = headersFor(site.script);
  const server = createServer({ requestTimeout: 10_000, headersTimeout: 10_000 }, (request, response) => {
    void answer(request)
      .catch((error: unknown): Reply => [
        500,
        `Not done: ${error instanceof Error ? error.message : String(error)}`,
      ])
      .then((reply) => send(response, reply));
  });
  server.maxConnections = 50;
  server.listen(port, '127.0.0.1');
  await once(server, 'listening').catch((cause: unknown) => {
    throw new CommandError(
      'unknown',
      `port ${port} cannot be used: ${String(cause)}. Choose another with --port.`,
      { cause },
    );
  });
  const { port: bound } = server.address() as AddressInfo;
  const own = [`127.0.0.1:${bound}`, `localhost:${bound}`];

  async function answer(request: IncomingMessage): Promise<Reply> {
    const { host = '', origin } = request.headers;
    if (!own.includes(host)) return [403, 'This page is for 127.0.0.1 alone.'];
    if (origin !== undefined && origin !== `http://${host}`) return [403, 'This page answers no other page.'];
    const [, given = '', name = '', ...rest] = (request.url ?? '').split('/');
    if (!isEqual(given, token)) return [403, 'This page needs the whole address that postern web printed.'];
    if (rest.length > 0) return [404, 'There is nothing here.'];
    if (name === '') {
      if (request.method !== 'GET') return [405, 'Only GET.'];
      return [200, await site.page(), 'text/html'];
    }
    const part = Object.hasOwn(site.parts, name) ? site.parts[name] : undefined;
    if (!part) return [404, 'There is nothing here.'];
    if (request.method !== 'POST') return [405, 'Only POST.'];
    const form = await readForm(request);
    return form === undefined ? [413, 'Too long.'] : [200, await part(form), 'text/html'];
  }

  function send(response: ServerResponse, [status, body, type = 'text/plain']: Reply): void {
    response.writeHead(status, {
      ...headers,
      'content-type': `${type}; charset=utf-8`,
      // What was refused before it was read is not read now.
      ...(status >= 400 && { connection: 'close' }),
    });
    response.end(body);
  }

  return {
    url: `http://127.0.0.1:${bound}/${token}/`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

type Reply = readonly [status: number, body: string, type?: 'text/html' | 'text/plain'];

function headersFor(script: string): Record<string, string> {
  const hash = createHash('sha256').update(script).digest('base64');
  return {
    'content-security-policy': [
      `default-src 'none'; script-src 'sha256-${hash}'; style-src 'unsafe-inline'; connect-src 'self'`,
      "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    ].join('; '),
    'cache-control': 'no-store',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
  };
}

/** In the same time whatever is given. */
function isEqual(given: string, token: string): boolean {
  const [a, b] = [given, token].map((text) => createHash('sha256').update(text).digest()) as [Buffer, Buffer];
  return timingSafeEqual(a, b);
}

async function readForm(request: IncomingMessage): Promise<URLSearchParams | undefined> {
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) {
    text += chunk as string;
    if (text.length > longestForm) return undefined;
  }
  return new URLSearchParams(text);
}
