import { createServer } from 'node:http';
import { PolicyError } from './error.ts';
import { parseListenAddress, type ListenAddress } from './listener.ts';
import { removeDeadSocket } from './socket-file.ts';

export interface MetricsServer {
  readonly address: ListenAddress;
  close(): Promise<void>;
}

/**
 * Reads where metrics may be served.
 *
 * @throws PolicyError `bad-address` for an address that others can reach
 */
export function parseMetricsAddress(where: string): Extract<ListenAddress, { type: 'unix' | 'tcp' }> {
  const address = parseListenAddress(where);
  if (address.type === 'unix') return address;
  if (address.type === 'tcp' && /^(127\.|::1$|localhost$)/.test(address.host)) return address;
  throw new PolicyError(
    'bad-address',
    `metrics on ${where}: give a loopback address such as 127.0.0.1:9154, or unix:PATH`,
  );
}

/**
 * Serves figures in the Prometheus text format at /metrics, on a loopback address or a unix socket only: they name users
 * and domains.
 *
 * @throws PolicyError `bad-address` for an address that others can reach, `cannot-listen`
 */
export async function serveMetrics(where: string, print: () => string): Promise<MetricsServer> {
  const address = parseMetricsAddress(where);
  if (address.type === 'unix') await removeDeadSocket(address.path);
  const server = createServer((request, response) => {
    if (request.url !== '/metrics' || (request.method !== 'GET' && request.method !== 'HEAD')) {
      response.writeHead(404, { 'content-type': 'text/plain' }).end('see /metrics\n');
      return;
    }
    response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' }).end(print());
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) =>
      reject(
        new PolicyError('cannot-listen', `cannot serve metrics on ${where}: ${cause.message}`, { cause }),
      ),
    );
    server.listen(
      address.type === 'unix' ? { path: address.path } : { host: address.host, port: address.port },
      resolve,
    );
  });
  const bound = server.address();
  return {
    address:
      address.type === 'tcp' && typeof bound === 'object' && bound
        ? { ...address, port: bound.port }
        : address,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
