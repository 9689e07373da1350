import { afterAll, beforeAll, describe } from 'vitest';
import { makeCertificate, missing } from '@postern/testbed';
import { createResolver, fixtureResolver } from '../../src/index.ts';
import { systemTransport } from '../../src/drivers/system.ts';
import { upstreamResolver } from '../../src/lookup.ts';
import { startDnsServer, type DnsServer } from '../../src/testing.ts';
import { contractZones, resolverContract } from './contract.ts';

const noCertificates = missing('openssl');
const certificate = noCertificates ? undefined : makeCertificate('localhost');

let dns: DnsServer;
beforeAll(async () => {
  dns = await startDnsServer({ zones: contractZones, ...(certificate ? { tls: certificate } : {}) });
});
afterAll(() => dns.close());

const drivers: Record<string, () => string> = {
  udp: () => dns.server,
  tcp: () => dns.tcp,
  tls: () => dns.tls!,
  https: () => dns.https!,
};

for (const [driver, server] of Object.entries(drivers)) {
  const reason = driver === 'tls' || driver === 'https' ? noCertificates : undefined;
  (reason ? describe.skip : describe)(reason ? `skipped: ${reason}` : 'over a server', () => {
    resolverContract(driver, {
      async open(timeout) {
        const resolver = createResolver({
          servers: [server()],
          timeout,
          deadline: timeout * 1.5,
          cache: false,
          ...(certificate ? { ca: certificate.authority } : {}),
        });
        return { resolver, close: () => resolver.close() };
      },
    });
  });
}

resolverContract('udp over IPv6', {
  async open(timeout) {
    const server = await startDnsServer({ zones: contractZones, host: '::1' });
    const resolver = createResolver({
      servers: [server.server],
      timeout,
      deadline: timeout * 1.5,
      cache: false,
    });
    return {
      resolver,
      async close() {
        await resolver.close();
        await server.close();
      },
    };
  },
});

resolverContract('system', {
  ttls: false,
  async open(timeout) {
    const transport = systemTransport({ timeout, servers: [dns.server] });
    const resolver = upstreamResolver([transport], timeout * 1.5);
    return { resolver, close: () => resolver.close() };
  },
});

resolverContract('fixture', {
  async open() {
    return { resolver: fixtureResolver(contractZones), close: async () => {} };
  },
});
