/**
 * A policy server for a real smtpd: `node spf-server.cjs ADDRESS LOOKUPS`. It writes each lookup and its own process id
 * down in files, and takes its time over names that begin with `slow.`.
 */
import { appendFileSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fixtureResolver, type Answer, type RecordType, type Resolver } from '@postern/dns';
import { createPolicyServer, parseListenAddress, spfHandler } from '../../src/index.ts';
import { strictSpf, zones } from './scene.ts';

const [address = '', lookups = ''] = process.argv.slice(2);
const fixture = fixtureResolver(zones);
const resolver: Resolver = {
  async resolve<T extends RecordType>(name: string, type: T): Promise<Answer<T>> {
    appendFileSync(lookups, `${type} ${name}\n`);
    if (name.startsWith('slow.')) await sleep(1000);
    return fixture.resolve(name, type);
  },
};
const server = createPolicyServer({ handlers: [spfHandler({ resolver, ...strictSpf })] });

async function main(): Promise<void> {
  writeFileSync(`${lookups}.pid`, String(process.pid));
  await server.listen(parseListenAddress(address));
  if (address !== 'stdio') console.log('ready');
  await server.finished;
}
void main();
