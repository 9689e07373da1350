/** A policy server on standard input and output, as spawn(8) runs one. */
import { fixtureResolver } from '@postern/dns';
import { createPolicyServer, spfHandler } from '../../src/index.ts';
import { strictSpf, zones } from './scene.ts';

const server = createPolicyServer({
  handlers: [spfHandler({ resolver: fixtureResolver(zones), ...strictSpf })],
});
void server.listen({ type: 'stdio' }).then(() => server.finished);
