import { once } from 'node:events';
import { createServer } from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Certificate } from '@postern/testbed';

const policy = (lines: string): string => `version: STSv1\r\n${lines}`;
const enforced = policy(
  'mode: enforce\r\nmx: mx.plain.example\r\nmx: *.signed.example\r\nmax_age: 1209600\r\n',
);

/** What each host answers; the names are those of the zones. */
const answers: Readonly<Record<string, (request: IncomingMessage, response: ServerResponse) => void>> = {
  'mta-sts.signed.example': text(enforced),
  'mta-sts.good.plain.example': text(enforced),
  'mta-sts.missing.plain.example': (_, response) => response.writeHead(404).end('not here'),
  'mta-sts.typed.plain.example': (_, response) =>
    response.writeHead(200, { 'content-type': 'text/html' }).end(enforced),
  'mta-sts.moved.plain.example': (_, response) =>
    response.writeHead(301, { location: 'https://mta-sts.good.plain.example/.well-known/mta-sts.txt' }).end(),
  'mta-sts.other-mx.plain.example': text(
    policy('mode: enforce\r\nmx: mail.plain.example\r\nmax_age: 1209600\r\n'),
  ),
  'mta-sts.testing.plain.example': text(
    policy('mode: testing\r\nmx: mx.plain.example\r\nmax_age: 1209600\r\n'),
  ),
  'mta-sts.none.plain.example': text(policy('mode: none\r\nmax_age: 86400\r\n')),
  'mta-sts.broken.plain.example': text('mode: enforced\r\nwhat is this\r\n'),
  // A gigabyte, as fast as it is taken.
  'mta-sts.huge.plain.example': (_, response) => {
    const block = Buffer.alloc(65_536, 'mx: mx.plain.example\r\n');
    let left = 16_384;
    response.writeHead(200, { 'content-type': 'text/plain', 'content-length': left * block.length });
    const more = (): void => {
      while (left > 0 && !response.destroyed) {
        left -= 1;
        if (!response.write(block)) return void response.once('drain', more);
      }
    };
    more();
  },
  // A byte now and then.
  'mta-sts.slow.plain.example': (_, response) => {
    response.writeHead(200, { 'content-type': 'text/plain' });
    const timer = setInterval(() => response.write('v'), 50);
    response.on('close', () => clearInterval(timer));
  },
};

function text(body: string): (request: IncomingMessage, response: ServerResponse) => void {
  return (_, response) =>
    response.writeHead(200, { 'content-type': 'text/plain; charset=us-ascii' }).end(body);
}

/** An HTTPS server on 127.0.2.1 for the policies of all hosts of the zones. */
export async function startPolicyHost({
  certificate,
  key,
}: Certificate): Promise<{ readonly port: number } & AsyncDisposable> {
  const server = createServer({ cert: certificate, key }, (request, response) => {
    response.on('error', () => {});
    const answer = answers[request.headers.host?.replace(/:\d+$/, '') ?? ''];
    if (!answer || request.url !== '/.well-known/mta-sts.txt') response.writeHead(404).end();
    else answer(request, response);
  });
  server.on('tlsClientError', () => {});
  server.listen(0, '127.0.2.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
