/** DNS servers for tests and demos: zones as data, and every kind of trouble on demand. */
export { startDnsServer } from './testing/server.ts';
export type { DnsServer, DnsServerOptions } from './testing/server.ts';
export type { AskedQuestion, Behaviour } from './testing/behaviour.ts';
