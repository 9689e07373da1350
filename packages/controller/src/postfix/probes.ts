import { once } from 'node:events';
import { BlockList, isIP, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect as connectTls } from 'node:tls';
import { effective, parseMain } from '@postern/config';
import type { Files } from '@postern/plan';
import type { Host } from '../host/host.ts';
import { smtpServices } from './changes.ts';
import { oneLine } from '../host/answer.ts';

/** Opens a connection to the host from somewhere else. */
export type Vantage = (port: number) => Promise<Duplex>;

/** One thing that was to be true after the change. */
export interface CheckResult {
  /** `greeting smtp`, `relay`, `log`, or the plan's own id. */
  readonly id: string;
  /** `unproven`: it could not be looked at from here. */
  readonly status: 'passed' | 'failed' | 'unproven';
  readonly message: string;
}

export interface ProbeOptions {
  readonly version: string;
  readonly after: Files;
  /** From outside of mynetworks. */
  readonly vantage?: Vantage | undefined;
  /** Whether the vantage point is known to be outside of mynetworks; worked out from its address when left out. */
  readonly stranger?: boolean | undefined;
  readonly starttls: boolean;
  /** Milliseconds for one reply. */
  readonly patience: number;
}

/**
 * Speaks SMTP with every service that listens: greeting and EHLO, STARTTLS where the plan wants it, and a stranger's
 * attempt to relay. From outside where somebody gets through, else from the host itself.
 */
export async function probe(host: Host, options: ProbeOptions): Promise<CheckResult[]> {
  const services = smtpServices(options.after);
  const results = await Promise.all(services.map((service) => probeService(host, service, options)));
  return results.flat();
}

async function probeService(
  host: Host,
  service: ReturnType<typeof smtpServices>[number],
  options: ProbeOptions,
): Promise<CheckResult[]> {
  const id = `greeting ${service.name}`;
  const place = placeOf(service.name, options);
  if (!place) return [{ id, status: 'unproven', message: 'its port is not known by a number' }];
  const ways: { name: string; outside: boolean; open: () => Promise<Duplex> }[] = [];
  if (options.vantage && !place.loopback) {
    const { vantage } = options;
    ways.push({ name: 'from outside', outside: true, open: () => vantage(place.port) });
  }
  const { dial } = host;
  if (dial)
    ways.push({ name: 'from the host itself', outside: false, open: () => dial(place.address, place.port) });
  let refused = '';
  for (const way of ways) {
    const socket = await openPatiently(way.open, way.outside ? 400 : options.patience).catch(
      (error: unknown) => {
        refused = error instanceof Error ? error.message : String(error);
        return undefined;
      },
    );
    if (!socket) continue;
    const { lines, problem } = await talk(socket, service, way.outside, options);
    socket.destroy();
    if (problem !== undefined) return [{ id, status: 'failed', message: `${way.name}: ${problem}` }];
    const greeting: CheckResult = { id, status: 'passed', message: `${way.name}: ${lines.greeting}` };
    const stranger = options.stranger ?? isStranger(sourceOf(socket), options.after, options.version);
    return [greeting, ...relayResult(service.name, lines.relay, stranger)];
  }
  if (dial && /ECONNREFUSED|refused|Connection failed/i.test(refused)) {
    return [{ id, status: 'failed', message: `nobody listens on port ${place.port}: ${refused}` }];
  }
  return [{ id, status: 'unproven', message: `no connection from here: ${refused || 'there is no way'}` }];
}

function relayResult(service: string, reply: string | undefined, stranger: boolean): CheckResult[] {
  if (reply === undefined) return [];
  const id = `no-relay ${service}`;
  if (/^[45]/.test(reply))
    return [{ id, status: 'passed', message: `a stranger who relays is told ${reply}` }];
  return [
    stranger
      ? { id, status: 'failed', message: `a stranger may relay: ${reply}` }
      : {
          id,
          status: 'unproven',
          message: `this client may relay; whether a stranger may is not known (${reply})`,
        },
  ];
}

interface Said {
  readonly greeting: string;
  readonly relay?: string;
}

async function talk(
  socket: Duplex,
  { command, wrapped }: { command: string; wrapped: boolean },
  outside: boolean,
  { patience, starttls }: ProbeOptions,
): Promise<{ lines: Said; problem?: string }> {
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), patience);
  socket.on('error', () => stop.abort());
  const lines = { greeting: '', relay: undefined as string | undefined };
  const done = (problem?: string): { lines: Said; problem?: string } => ({
    lines: { greeting: lines.greeting, ...(lines.relay !== undefined && { relay: lines.relay }) },
    ...(problem !== undefined && { problem }),
  });
  try {
    let stream = wrapped ? await secure(socket, stop.signal) : socket;
    let talker = new Talker(stream, stop.signal);
    // postscreen lets strangers wait for the rest of its greeting, to see who cannot.
    lines.greeting = await talker.reply(command === 'postscreen' && outside);
    if (!lines.greeting.startsWith('220')) return done(`greets with ${lines.greeting || 'nothing'}`);
    if (command === 'postscreen' && outside) return done();
    const features = await talker.say('EHLO probe.postern.invalid');
    if (!features.startsWith('250')) return done(`answers EHLO with ${features || 'nothing'}`);
    if (starttls && !wrapped) {
      if (!/STARTTLS/i.test(talker.last)) return done('offers no STARTTLS');
      const go = await talker.say('STARTTLS');
      if (!go.startsWith('220')) return done(`answers STARTTLS with ${go}`);
      stream = await secure(socket, stop.signal);
      talker = new Talker(stream, stop.signal);
      await talker.say('EHLO probe.postern.invalid');
    }
    if (outside) {
      const sender = await talker.say('MAIL FROM:<probe@postern.invalid>');
      lines.relay = sender.startsWith('250')
        ? await talker.say('RCPT TO:<probe@relay-probe.invalid>')
        : sender;
    }
    stream.write('QUIT\r\n');
    return done();
  } catch (error) {
    if (lines.greeting !== '' && error instanceof Error && error.name !== 'AbortError')
      return done(oneLine(error.message));
    const when = lines.greeting === '' ? 'no greeting' : `after "${lines.greeting}"`;
    return done(
      `${when}${stop.signal.aborted ? ` within ${patience / 1000} s` : ': the connection was closed'}`,
    );
  } finally {
    clearTimeout(timer);
  }
}

async function secure(socket: Duplex, signal: AbortSignal): Promise<Duplex> {
  const stream = connectTls({ socket, rejectUnauthorized: false, minVersion: 'TLSv1.2' });
  stream.on('error', () => {});
  await once(stream, 'secureConnect', { signal });
  return stream;
}

/** Reads replies off a stream. */
class Talker {
  last = '';
  readonly #stream: Duplex;
  readonly #signal: AbortSignal;
  #text = '';

  constructor(stream: Duplex, signal: AbortSignal) {
    this.#stream = stream;
    this.#signal = signal;
    stream.on('data', (chunk: Buffer) => (this.#text += chunk.toString('latin1')));
  }

  async say(command: string): Promise<string> {
    this.#stream.write(`${command}\r\n`);
    return this.reply();
  }

  /** The last line of the next reply, or its first when that is enough; empty when the connection ends. */
  async reply(firstIsEnough = false): Promise<string> {
    const pattern = firstIsEnough
      ? /^(\d{3}[ -][^\r\n]*)\r?\n/
      : /^((?:\d{3}-[^\r\n]*\r?\n)*\d{3}(?: [^\r\n]*)?)\r?\n/;
    for (;;) {
      const found = pattern.exec(this.#text);
      if (found) {
        this.#text = this.#text.slice(found[0].length);
        this.last = found[1]!;
        return oneLine(this.last.split(/\r?\n/).at(-1)!);
      }
      if (this.#stream.readableEnded || this.#stream.destroyed) return '';
      await Promise.race([
        once(this.#stream, 'data', { signal: this.#signal }),
        once(this.#stream, 'end', { signal: this.#signal }),
        once(this.#stream, 'close', { signal: this.#signal }),
      ]);
    }
  }
}

/** A service that is just being started takes a moment. */
async function openPatiently(open: () => Promise<Duplex>, patience: number): Promise<Duplex> {
  const deadline = Date.now() + patience;
  for (;;) {
    try {
      return await open();
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await sleep(100);
    }
  }
}

const knownPorts: Readonly<Record<string, number>> = {
  smtp: 25,
  smtps: 465,
  submissions: 465,
  submission: 587,
};

/** Where a service listens: its port, an address of the host that gets there, and whether only the host itself does. */
function placeOf(
  name: string,
  { after, version }: ProbeOptions,
): { address: string; port: number; loopback: boolean } | undefined {
  const at = name.lastIndexOf(':');
  const service = name.slice(at + 1);
  const port = knownPorts[service] ?? Number(service);
  if (!Number.isInteger(port) || port < 1) return undefined;
  const given = name.slice(0, Math.max(at, 0)).replaceAll(/[[\]]/g, '');
  const interfaces =
    effective({ main: parseMain(after['main.cf'] ?? ''), version }).get('inet_interfaces')?.value ?? 'all';
  const words = given === '' ? interfaces.split(/[\s,]+/).filter(Boolean) : [given];
  const addresses = words.filter((word) => isIP(word) !== 0);
  const isLocal = (word: string): boolean => /^(127\.|::1$|localhost$|loopback-only$)/.test(word);
  const loopback = words.every(isLocal);
  return {
    address:
      loopback || words.includes('all')
        ? (addresses.find(isLocal) ?? '127.0.0.1')
        : (addresses[0] ?? '127.0.0.1'),
    port,
    loopback,
  };
}

/** Whether a connection from this address is a stranger's by what main.cf says of mynetworks; false when that is not known. */
function isStranger(address: string | undefined, after: Files, version: string): boolean {
  if (address === undefined || isIP(address) === 0) return false;
  const settings = effective({ main: parseMain(after['main.cf'] ?? ''), version });
  const networks = settings.get('mynetworks');
  if (!networks || networks.origin.type === 'default') return false;
  const list = new BlockList();
  for (const word of (networks.value ?? '').split(/[\s,]+/).filter(Boolean)) {
    const [net = '', prefix] = word.replaceAll(/[[\]]/g, '').split('/');
    const family = isIP(net) === 6 ? 'ipv6' : 'ipv4';
    if (isIP(net) === 0) return false;
    list.addSubnet(net, Number(prefix ?? (family === 'ipv6' ? 128 : 32)), family);
  }
  return !list.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
}

/** Whether clients are offered STARTTLS by what main.cf says. */
export function offersTls(files: Files, version: string): boolean {
  const settings = effective({ main: parseMain(files['main.cf'] ?? ''), version });
  const level = settings.get('smtpd_tls_security_level')?.value ?? '';
  return level === '' ? settings.get('smtpd_use_tls')?.value === 'yes' : level !== 'none';
}

/** The address that a connection comes from, as far as this side knows. */
function sourceOf(stream: Duplex): string | undefined {
  return stream instanceof Socket ? stream.localAddress : undefined;
}
