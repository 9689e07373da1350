import { Readable } from 'node:stream';
import { setTimeout as wait } from 'node:timers/promises';
import fastify, { type FastifyInstance } from 'fastify';
import type { PostfixHost } from '@postern/controller';
import type { Resolver } from '@postern/dns';
import { audit, type Configuration } from '@postern/hardening';
import { proveRelay, simulate, type Transaction } from '@postern/simulator';
import { page } from './page.ts';

/** What the service looks at: a connected host is one. */
export type Watched = Pick<PostfixHost, 'name' | 'readConfig'> & {
  readonly queue: Pick<PostfixHost['queue'], 'summary'>;
};

export interface ServiceOptions {
  readonly host: Watched;
  /** Who is asked what the simulated smtpd would ask DNS. */
  readonly resolver: Resolver;
  /** Milliseconds between two looks at the queue (5000). */
  readonly every?: number;
}

/** One simulated transaction, as it comes in: everything else is refused with 400 before it reaches the simulator. */
const transactionSchema = {
  type: 'object',
  required: ['client', 'from', 'to'],
  additionalProperties: false,
  properties: {
    client: {
      type: 'object',
      required: ['address'],
      additionalProperties: false,
      properties: {
        address: { type: 'string', anyOf: [{ format: 'ipv4' }, { format: 'ipv6' }] },
        name: { type: 'string', maxLength: 255 },
      },
    },
    helo: { type: 'string', maxLength: 255 },
    from: { type: 'string', maxLength: 320 },
    to: { type: 'array', minItems: 1, maxItems: 50, items: { type: 'string', maxLength: 320 } },
    user: { type: 'string', maxLength: 320 },
    tls: { type: 'boolean' },
  },
};

/**
 * A service around one host:
 *
 *     GET  /               a page that shows the rest, live
 *     GET  /audit          what is wrong, and whether a stranger can relay
 *     POST /simulate       what a transaction would come to, and which line decides
 *     GET  /queue          the queue in numbers, again and again, as server-sent events
 */
export function makeService({ host, resolver, every = 5000 }: ServiceOptions): FastifyInstance {
  const app = fastify({ forceCloseConnections: true });

  const configuration = async (): Promise<Configuration> => {
    const { files, version, directory } = await host.readConfig();
    return { main: files['main.cf'] ?? '', master: files['master.cf'] ?? '', version, directory };
  };

  app.get('/', (_, reply) =>
    reply.type('text/html; charset=utf-8').header('content-security-policy', page.policy).send(page.html),
  );

  app.get('/audit', async () => {
    const read = await configuration();
    const relay = proveRelay(read);
    return {
      host: host.name,
      postfix: read.version,
      findings: audit(read),
      relayIsClosed: 'closed' in relay,
    };
  });

  app.post<{ Body: Transaction }>('/simulate', { schema: { body: transactionSchema } }, async ({ body }) =>
    simulate(await configuration(), { ...body, data: true }, { resolver }),
  );

  app.get('/queue', (_, reply) =>
    reply.type('text/event-stream').send(Readable.from(queueEvents(host, every))),
  );

  return app;
}

/**
 * A look at the queue every now and then, until the reader goes away.
 *
 * @yields one event each
 */
async function* queueEvents({ queue }: Watched, every: number): AsyncGenerator<string> {
  for (;;) {
    const event = await queue.summary().then(
      ({ total, byQueue, byAge, byRecipientDomain }) => ({ total, byQueue, byAge, byRecipientDomain }),
      (error: unknown) => ({ problem: error instanceof Error ? error.message : String(error) }),
    );
    yield `data: ${JSON.stringify(event)}\n\n`;
    await wait(every);
  }
}
