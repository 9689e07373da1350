/** A policy server with one limit in Redis: `node limited-server.ts REDIS_URL`; prints the port it listens on. */
import { createPolicyServer, rateLimitHandler, redisCounters } from '../../src/index.ts';

const counters = await redisCounters({ url: process.argv[2]!, patience: 2000 });
const server = createPolicyServer({
  handlers: [
    rateLimitHandler({ counters, limits: [{ per: 'user', count: 'recipients', limit: 100, window: 3600 }] }),
  ],
});
const address = await server.listen({ type: 'tcp', host: '127.0.0.1', port: 0 });
console.log(address.type === 'tcp' ? address.port : '');
